package io.duckspool.receiver.http;

import io.duckspool.receiver.ingest.ExportError;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.eclipse.jetty.ee10.servlet.ErrorHandler;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * The pages that Jetty writes itself (a header block that is too large, a request that isn't HTTP),
 * in the shape of every other error. Immutable and thread-safe.
 */
final class ErrorPages {

  private static final List<Charset> UTF_8_ONLY = List.of(StandardCharsets.UTF_8);

  private ErrorPages() {}

  /** For requests that never reach the servlets. */
  static org.eclipse.jetty.server.handler.ErrorHandler ofServer(Replies replies) {
    return new OfServer(replies);
  }

  /** For what the servlet layer reports. */
  static ErrorHandler ofServlets(Replies replies) {
    return new OfServlets(replies);
  }

  private static ExportError error(int status, @Nullable String message) {
    String detail = message == null ? HttpStatus.getMessage(status) : message;
    return switch (status) {
      case 404 -> ExportError.of(ExportError.Kind.NOT_FOUND, detail);
      case 405 -> ExportError.methodNotAllowed(detail, "POST");
      case 408 -> ExportError.of(ExportError.Kind.REQUEST_TIMEOUT, detail);
      case 413 -> ExportError.of(ExportError.Kind.PAYLOAD_TOO_LARGE, detail);
      case 414, 431 ->
          ExportError.of(
              ExportError.Kind.HEADER_TOO_LARGE,
              "the request line and headers pass " + HttpListener.MAX_HEADER_BYTES + " bytes");
      // An HTTP version or transfer coding that nobody speaks is the client's, and no bug of ours.
      case 501, 505 -> ExportError.of(ExportError.Kind.BAD_REQUEST, detail);
      case 503 -> ExportError.unavailable(detail);
      default ->
          status < 500
              ? ExportError.of(ExportError.Kind.BAD_REQUEST, detail)
              : ExportError.of(ExportError.Kind.INTERNAL_ERROR, detail);
    };
  }

  private static void decorate(Response response, ExportError error) {
    response.setStatus(error.kind().status());
    error.allow().ifPresent(methods -> response.getHeaders().put("Allow", methods));
    error
        .retryAfterSeconds()
        .ifPresent(seconds -> response.getHeaders().put("Retry-After", seconds));
  }

  private static final class OfServer extends org.eclipse.jetty.server.handler.ErrorHandler {
    private final Replies replies;

    OfServer(Replies replies) {
      this.replies = replies;
    }

    @Override
    public boolean errorPageForMethod(String method) {
      return true;
    }

    @Override
    protected void generateCacheControl(Response response) {
      // A reply to a POST isn't cached anyway.
    }

    @Override
    protected void generateResponse(
        Request request,
        Response response,
        int code,
        String message,
        Throwable cause,
        Callback callback)
        throws IOException {
      decorate(response, error(code, message));
      boolean written =
          generateAcceptableResponse(
              request, response, callback, Replies.JSON, UTF_8_ONLY, code, message, cause);
      if (!written) {
        callback.succeeded();
      }
    }

    @Override
    protected void writeErrorJson(
        Request request, PrintWriter writer, int code, String message, Throwable cause) {
      writer.write(replies.errorBody(error(code, message)));
    }
  }

  private static final class OfServlets extends ErrorHandler {
    private final Replies replies;

    OfServlets(Replies replies) {
      this.replies = replies;
    }

    @Override
    public boolean errorPageForMethod(String method) {
      return true;
    }

    @Override
    protected void generateCacheControl(Response response) {
      // A reply to a POST isn't cached anyway.
    }

    @Override
    protected void generateResponse(
        Request request,
        Response response,
        int code,
        String message,
        Throwable cause,
        Callback callback)
        throws IOException {
      decorate(response, error(code, message));
      boolean written =
          generateAcceptableResponse(
              request, response, callback, Replies.JSON, UTF_8_ONLY, code, message, cause);
      if (!written) {
        callback.succeeded();
      }
    }

    @Override
    protected void writeErrorJson(
        Request request, PrintWriter writer, int code, String message, Throwable cause) {
      writer.write(replies.errorBody(error(code, message)));
    }
  }
}
