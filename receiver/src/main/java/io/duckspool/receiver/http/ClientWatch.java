package io.duckspool.receiver.http;

import io.duckspool.common.admin.ClientSocket;
import io.javalin.http.Context;
import java.nio.channels.SocketChannel;
import java.util.function.BooleanSupplier;
import org.eclipse.jetty.ee10.servlet.ServletContextRequest;

/** Whether the client of a call of a control port is gone. Stateless. */
public final class ClientWatch {

  private ClientWatch() {}

  /**
   * The client of a request whose body was read; true when it is gone. Asked by one thread, until
   * the request is answered.
   */
  public static BooleanSupplier of(Context context) {
    Object transport =
        ServletContextRequest.getServletContextRequest(context.req())
            .getConnectionMetaData()
            .getConnection()
            .getEndPoint()
            .getTransport();
    if (!(transport instanceof SocketChannel channel)) {
      throw new IllegalStateException("not a socket: " + transport);
    }
    return new ClientSocket(channel);
  }
}
