package io.duckspool.receiver.http;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.Request;

/**
 * Closes connections on which the head of a request takes longer than a body may: each byte that
 * trickles in makes a connection look alive to an idle timeout. Closes idle ones, too, while
 * connections are too many; one in the middle of a request is never taken for idle. Told of
 * connections and requests by Jetty's threads, and asked by the deadline thread. Thread-safe.
 */
final class HeadDeadlines implements Connection.Listener, HttpConfiguration.Customizer {

  private static final long PERIOD_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private final long timeoutNanos;
  private final LongSupplier ticker;
  private final Map<Connection, Head> heads = new ConcurrentHashMap<>();
  private volatile Optional<ConnectionLimit> limit = Optional.empty();
  private long checkedNanos;

  /**
   * Makes deadlines.
   *
   * @param timeout from the first byte seen to the end of the head
   * @param ticker monotonic nanoseconds
   */
  HeadDeadlines(Duration timeout, LongSupplier ticker) {
    this.timeoutNanos = timeout.toNanos();
    this.ticker = ticker;
    this.checkedNanos = ticker.getAsLong();
  }

  /** What is known of a connection; guarded by itself. */
  private static final class Head {
    private boolean isInRequest;
    private boolean isBegun;
    private long bytesBefore;
    private long beginNanos;

    /** Since when nothing is under way. */
    private long idleNanos;
  }

  /** From now on idle connections of this limit are closed while they are too many. */
  void makeRoomFor(ConnectionLimit crowded) {
    limit = Optional.of(crowded);
  }

  @Override
  public void onOpened(Connection connection) {
    Head head = new Head();
    head.idleNanos = ticker.getAsLong();
    heads.put(connection, head);
  }

  @Override
  public void onClosed(Connection connection) {
    heads.remove(connection);
  }

  /** The head of a request is whole. */
  @Override
  public Request customize(Request request, HttpFields.Mutable responseHeaders) {
    Connection connection = request.getConnectionMetaData().getConnection();
    Head head = heads.get(connection);
    if (head != null) {
      synchronized (head) {
        head.isInRequest = true;
        head.isBegun = false;
      }
      Request.addCompletionListener(request, failure -> complete(connection, head));
    }
    return request;
  }

  private void complete(Connection connection, Head head) {
    synchronized (head) {
      head.isInRequest = false;
      // What of the next head came with this request is not counted: at most one buffer.
      head.bytesBefore = connection.getBytesIn();
      head.idleNanos = ticker.getAsLong();
    }
  }

  /** Called every 100 ms; looks less often. */
  void check() {
    long now = ticker.getAsLong();
    if (now - checkedNanos < PERIOD_NANOS) {
      return;
    }
    checkedNanos = now;
    heads.forEach(
        (connection, head) -> {
          if (!connection.getEndPoint().isOpen()) {
            // One that was closed while it was opened may never be told of again.
            heads.remove(connection);
          } else if (isTooSlow(connection, head, now) || isInTheWay(connection, head, now)) {
            connection.getEndPoint().close();
          }
        });
  }

  private boolean isTooSlow(Connection connection, Head head, long now) {
    synchronized (head) {
      if (head.isInRequest || connection.getBytesIn() == head.bytesBefore) {
        return false;
      }
      if (!head.isBegun) {
        head.isBegun = true;
        head.beginNanos = now;
      }
      return now - head.beginNanos > timeoutNanos;
    }
  }

  private boolean isInTheWay(Connection connection, Head head, long now) {
    if (limit.isEmpty() || !limit.get().isCrowdedBy(connection)) {
      return false;
    }
    synchronized (head) {
      return !head.isInRequest
          && connection.getBytesIn() == head.bytesBefore
          && now - head.idleNanos
              > TimeUnit.MILLISECONDS.toNanos(ConnectionLimit.CROWDED_IDLE_MILLIS);
    }
  }
}
