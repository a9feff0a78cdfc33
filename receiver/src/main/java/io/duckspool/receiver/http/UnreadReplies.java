package io.duckspool.receiver.http;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpStream;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.Callback;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Closes a connection as soon as a reply doesn't fit into its socket any more: a thread would wait
 * until the client reads, and a few such clients would hold all threads. Replies to exports are
 * small, and a client that reads each of them before its next request never comes near; this one
 * has left hundreds unread.
 *
 * <p>Told of requests by Jetty's threads. Stateless.
 */
final class UnreadReplies implements HttpConfiguration.Customizer {

  private static final Logger LOG = LoggerFactory.getLogger(UnreadReplies.class);

  @Override
  public Request customize(Request request, HttpFields.Mutable responseHeaders) {
    EndPoint endPoint = request.getConnectionMetaData().getConnection().getEndPoint();
    request.addHttpStreamWrapper(stream -> new Stream(stream, endPoint));
    return request;
  }

  private static final class Stream extends HttpStream.Wrapper {
    private final EndPoint endPoint;

    Stream(HttpStream stream, EndPoint endPoint) {
      super(stream);
      this.endPoint = endPoint;
    }

    @Override
    public void send(
        MetaData.Request request,
        MetaData.Response response,
        boolean last,
        ByteBuffer content,
        Callback callback) {
      AtomicBoolean isSent = new AtomicBoolean();
      super.send(request, response, last, content, Callback.from(() -> isSent.set(true), callback));
      // What fits into the socket is sent before the call returns.
      if (!isSent.get()) {
        LOG.debug("{} reads no replies, and is cut off", endPoint.getRemoteSocketAddress());
        endPoint.close();
      }
    }
  }
}
