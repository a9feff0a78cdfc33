package io.duckspool.receiver.http;

import io.duckspool.receiver.http.Replies.Reply;
import io.duckspool.receiver.ingest.ExportError;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Turns failures into replies, and replies into bytes. Thread-safe. */
final class ReplyWriter {

  private static final Logger LOG = LoggerFactory.getLogger(ReplyWriter.class);

  private final Replies replies;

  ReplyWriter(Replies replies) {
    this.replies = replies;
  }

  Replies replies() {
    return replies;
  }

  /**
   * What a client is told of a failure; a bug is logged, with the id that the reply names.
   *
   * @param type of the request, where it is a known one
   */
  Reply rejection(Optional<MediaType> type, Throwable failure) {
    ExportError error;
    if (failure instanceof ExportError known) {
      error = known;
    } else if (failure instanceof BodyReader.ClientGone) {
      LOG.debug("the client went away while its body was read", failure);
      error = ExportError.of(ExportError.Kind.BAD_REQUEST, "the body ended early");
    } else {
      error = bug(failure);
    }
    return replies.rejected(type, error);
  }

  private static ExportError bug(Throwable failure) {
    String id = HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
    LOG.error("internal error {}", id, failure);
    return ExportError.of(
        ExportError.Kind.INTERNAL_ERROR, "internal error " + id + "; the log says more");
  }

  /** The last resort: replies to a request that ended with an error of the virtual machine. */
  void writeError(HttpServletResponse response, Error failure) {
    Reply reply = replies.rejected(Optional.empty(), bug(failure));
    if (!response.isCommitted()) {
      response.reset();
      write(response, reply, false);
    }
  }

  /**
   * Writes the whole reply, and returns once it is on its way: a stop that waits for admitted
   * requests must not close the connection before. A client that is gone doesn't matter.
   *
   * @param keepsConnection false: the connection is closed after this reply
   */
  void write(HttpServletResponse response, Reply reply, boolean keepsConnection) {
    response.setStatus(reply.status());
    response.setContentType(reply.contentType());
    response.setContentLength(reply.body().length);
    reply.index().ifPresent(index -> response.setHeader("duckspool-index", index.toString()));
    reply
        .countHeaders()
        .ifPresent(
            counts -> {
              response.setHeader("duckspool-rows", Long.toString(counts.rows()));
              response.setHeader("duckspool-batches", Integer.toString(counts.tables()));
            });
    reply.error().ifPresent(error -> addErrorHeaders(response, error));
    if (!keepsConnection) {
      response.setHeader("Connection", "close");
    }
    try {
      response.getOutputStream().write(reply.body());
      response.flushBuffer();
    } catch (IOException e) {
      LOG.debug("the client went away before its reply", e);
    }
  }

  private static void addErrorHeaders(HttpServletResponse response, ExportError error) {
    error.allow().ifPresent(methods -> response.setHeader("Allow", methods));
    error
        .retryAfterSeconds()
        .ifPresent(seconds -> response.setHeader("Retry-After", Integer.toString(seconds)));
    if (error.kind() == ExportError.Kind.UNAUTHORIZED) {
      // RFC 9110, section 15.5.2: a 401 names the scheme.
      response.setHeader("WWW-Authenticate", "Bearer");
    }
  }
}
