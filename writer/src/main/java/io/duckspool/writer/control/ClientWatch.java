package io.duckspool.writer.control;

import io.javalin.http.Context;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.function.BooleanSupplier;
import org.eclipse.jetty.ee10.servlet.ServletContextRequest;
import org.eclipse.jetty.io.EndPoint;

/**
 * Sees that a client has gone while its request is worked on: nothing is read from a connection
 * then, so nobody else would notice. Asked by one thread, between the end of the request's body and
 * the end of its handling.
 */
final class ClientWatch implements BooleanSupplier {

  private final EndPoint endPoint;
  private final SocketChannel channel;
  private final ByteBuffer read = ByteBuffer.allocate(1);

  private ClientWatch(EndPoint endPoint, SocketChannel channel) {
    this.endPoint = endPoint;
    this.channel = channel;
  }

  static ClientWatch of(Context context) {
    EndPoint endPoint =
        ServletContextRequest.getServletContextRequest(context.req())
            .getConnectionMetaData()
            .getConnection()
            .getEndPoint();
    if (!(endPoint.getTransport() instanceof SocketChannel channel)) {
      throw new IllegalStateException("not a socket: " + endPoint);
    }
    return new ClientWatch(endPoint, channel);
  }

  /**
   * True when the client is gone, or sends more before it has its answer: no client of ours does,
   * and what is read here can't be given back.
   */
  @Override
  public boolean getAsBoolean() {
    try {
      return !channel.isOpen() || channel.read(read.clear()) != 0;
    } catch (IOException e) {
      return true;
    }
  }

  /** Breaks the connection: all that tells a client that a begun answer isn't whole. */
  void abort() {
    endPoint.close();
  }
}
