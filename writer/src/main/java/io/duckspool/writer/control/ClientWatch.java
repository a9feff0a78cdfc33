package io.duckspool.writer.control;

import io.duckspool.common.admin.ClientSocket;
import io.javalin.http.Context;
import java.nio.channels.SocketChannel;
import java.util.function.BooleanSupplier;
import org.eclipse.jetty.ee10.servlet.ServletContextRequest;
import org.eclipse.jetty.io.EndPoint;

/** The client of a request that takes its time. Used by one thread, while it handles it. */
final class ClientWatch implements BooleanSupplier {

  private final EndPoint endPoint;
  private final ClientSocket socket;

  private ClientWatch(EndPoint endPoint, ClientSocket socket) {
    this.endPoint = endPoint;
    this.socket = socket;
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
    return new ClientWatch(endPoint, new ClientSocket(channel));
  }

  /** True when the client is gone. */
  @Override
  public boolean getAsBoolean() {
    return socket.getAsBoolean();
  }

  /** Breaks the connection: all that tells a client that a begun answer isn't whole. */
  void abort() {
    endPoint.close();
  }
}
