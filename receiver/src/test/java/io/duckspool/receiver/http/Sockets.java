package io.duckspool.receiver.http;

import java.io.IOException;
import java.nio.channels.ServerSocketChannel;

/** What may happen to the sockets of a listener behind its back. */
public final class Sockets {

  private Sockets() {}

  /** Closes the last of its sockets, as a failing network stack might. */
  public static void fall(HttpListener listener) throws IOException {
    ServerSocketChannel last = listener.channels().get(listener.channels().size() - 1);
    last.close();
  }
}
