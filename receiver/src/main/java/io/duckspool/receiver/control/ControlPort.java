package io.duckspool.receiver.control;

import io.duckspool.common.admin.ControlGuard;
import io.duckspool.common.config.HostPort;
import io.duckspool.receiver.http.BodyDeadlines;
import io.duckspool.receiver.http.HttpListener;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The receiver's control port: its socket, and the threads that its calls wait on. Thread-safe;
 * closed by whoever opened it.
 */
public final class ControlPort implements AutoCloseable {

  private static final int HTTP_THREADS = 8;

  private final ControlCalls calls;
  private @Nullable HttpListener listener;

  private ControlPort(ControlCalls calls) {
    this.calls = calls;
  }

  /**
   * Binds and serves the port.
   *
   * @throws IOException names address, port and cause; nothing stays bound
   */
  public static ControlPort open(
      HostPort address, ControlGuard guard, BodyDeadlines deadlines, ControlServices services)
      throws IOException {
    ControlPort port = new ControlPort(new ControlCalls(services, guard));
    boolean isOpen = false;
    try {
      port.listener =
          HttpListener.openControl(
              address, HTTP_THREADS, deadlines, ControlCalls.TABLE, port.calls::addTo);
      isOpen = true;
      return port;
    } finally {
      if (!isOpen) {
        port.close();
      }
    }
  }

  /** Ends the calls that wait, then closes the socket; safe to call twice. */
  @Override
  public void close() {
    calls.close();
    if (listener != null) {
      listener.close();
    }
  }
}
