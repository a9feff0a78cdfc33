package io.duckspool.receiver.http;

import io.duckspool.common.otlp.OtlpCounts;
import io.duckspool.common.otlp.Signal;
import io.duckspool.receiver.http.Replies.Reply;
import io.duckspool.receiver.ingest.Admission;
import io.duckspool.receiver.ingest.BodyBuffer;
import io.duckspool.receiver.ingest.ChunkPool;
import io.duckspool.receiver.ingest.Claim;
import io.duckspool.receiver.ingest.ExportError;
import io.duckspool.receiver.ingest.RequestValidator;
import io.duckspool.spool.AppendListener;
import io.duckspool.spool.EntryMeta;
import io.duckspool.spool.Spool;
import io.duckspool.spool.SpoolClosedException;
import io.duckspool.spool.SpoolException;
import io.duckspool.spool.SpoolIndex;
import io.javalin.http.Context;
import jakarta.servlet.http.HttpServletRequest;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What happens to an export request, in order. Whoever calls has checked the route. Thread-safe; no
 * thread is held while a body arrives, nor while an entry is synced.
 *
 * <p>If the process dies here, a request whose reply was sent is in the spool and synced; any other
 * is in the spool once or not at all, and its client was told nothing.
 */
final class IngestHandler {

  private static final Logger LOG = LoggerFactory.getLogger(IngestHandler.class);

  private final Authentication authentication;
  private final long maxBodyBytes;
  private final Admission admission;
  private final ChunkPool chunks;
  private final BodyDeadlines deadlines;
  private final RequestValidator validator;
  private final Spool spool;
  private final Replies replies;
  private final ReplyWriter writer;
  private final Executor executor;
  private final InstantSource clock;
  private final RequestCounts counts;

  IngestHandler(
      IngestServices services, IngestServer server, ReplyWriter writer, Executor executor) {
    this.authentication = new Authentication(server.token());
    this.maxBodyBytes = server.maxBodyBytes();
    this.admission = server.admission();
    this.chunks = services.chunks();
    this.deadlines = services.deadlines();
    this.validator = server.validator();
    this.spool = server.spool();
    this.clock = services.clock();
    this.counts = server.counts();
    this.replies = writer.replies();
    this.writer = writer;
    this.executor = executor;
  }

  /** Takes one request; {@link ExportError} before anything of its body was read. */
  void handle(Signal signal, Context context) throws ExportError {
    counts.arrived();
    HttpServletRequest request = context.req();
    Negotiation negotiated;
    long announcedBytes;
    Claim claim;
    try {
      authentication.check(request);
      negotiated = Negotiation.of(request);
      announcedBytes = announcedBytes(request);
      claim = admission.admit(Math.max(0, announcedBytes));
    } catch (ExportError e) {
      counts.replied(signal, e.kind().status());
      throw e;
    } catch (Error e) {
      // What is an exception gets its reply like any other, and its body is dropped.
      counts.replied(signal, ExportError.Kind.INTERNAL_ERROR.status());
      throw new IllegalStateException("a request ended before its body was read", e);
    }
    context.future(() -> receive(signal, context, negotiated, announcedBytes, claim));
  }

  private CompletableFuture<Void> receive(
      Signal signal, Context context, Negotiation negotiated, long announcedBytes, Claim claim) {
    BodyReader reader;
    try {
      BodyBuffer buffer = new BodyBuffer(claim, chunks, announcedBytes, maxBodyBytes);
      reader = BodyReader.read(context.req(), buffer, deadlines, executor);
    } catch (java.io.IOException | RuntimeException | Error e) {
      claim.close();
      return CompletableFuture.failedFuture(e);
    }
    return reader
        .body()
        .thenCompose(body -> store(signal, negotiated, body, claim))
        .handle((reply, failure) -> reply != null ? reply : rejection(negotiated, failure))
        .thenCompose(reply -> finish(signal, context, reply, reader, claim))
        .exceptionally(failure -> unheard(reader, failure))
        .whenComplete((done, failure) -> claim.close());
  }

  /** Jetty may have taken back a request whose connection is lost: then any call on it fails. */
  private static @Nullable Void unheard(BodyReader reader, Throwable failure) {
    if (!reader.isGone()) {
      throw new CompletionException(failure);
    }
    LOG.debug("the connection was lost before the reply", failure);
    return null;
  }

  private CompletableFuture<Reply> store(
      Signal signal, Negotiation negotiated, byte[] body, Claim claim) {
    try {
      Instant now = clock.instant();
      OtlpCounts counts =
          validator.validate(signal, negotiated.type().format(), negotiated.coding(), body, claim);
      if (counts.rows() == 0) {
        return CompletableFuture.completedFuture(
            replies.accepted(negotiated.type(), counts, Optional.empty()));
      }
      CompletableFuture<SpoolIndex> durable = append(meta(signal, negotiated, counts, now), body);
      claim.payloadAppended();
      return durable.thenApplyAsync(
          index -> replies.accepted(negotiated.type(), counts, Optional.of(index)), executor);
    } catch (ExportError e) {
      return CompletableFuture.failedFuture(e);
    } catch (SpoolException e) {
      return CompletableFuture.failedFuture(unavailable(e));
    }
  }

  private CompletableFuture<SpoolIndex> append(EntryMeta meta, byte[] body) throws SpoolException {
    CompletableFuture<SpoolIndex> durable = new CompletableFuture<>();
    SpoolIndex unused =
        spool.append(
            meta,
            ByteBuffer.wrap(body),
            new AppendListener() {
              @Override
              public void onDurable(SpoolIndex index) {
                durable.complete(index);
              }

              @Override
              public void onFailed(SpoolIndex index, SpoolException failure) {
                // Not on the sync thread: what follows writes to the client.
                executor.execute(() -> durable.completeExceptionally(unavailable(failure)));
              }
            });
    return durable;
  }

  private static EntryMeta meta(
      Signal signal, Negotiation negotiated, OtlpCounts counts, Instant now) {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    return new EntryMeta(
        signal.code(),
        negotiated.type().format().code(),
        negotiated.coding().code(),
        counts.rows(),
        Math.addExact(Math.multiplyExact(now.getEpochSecond(), 1_000_000_000L), now.getNano()),
        random.nextLong(),
        random.nextLong());
  }

  private Reply rejection(Negotiation negotiated, Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    return writer.rejection(Optional.of(negotiated.type()), cause == null ? failure : cause);
  }

  private CompletableFuture<Void> finish(
      Signal signal, Context context, Reply reply, BodyReader reader, Claim claim) {
    counts.replied(signal, reply.status());
    // Before the reply: a client that has it may send its next request at once.
    claim.giveBack();
    writer.write(context.res(), reply, reader.isConnectionUsable());
    claim.close();
    return reader.drain();
  }

  private long announcedBytes(HttpServletRequest request) throws ExportError {
    long announcedBytes = request.getContentLengthLong();
    if (announcedBytes > maxBodyBytes) {
      throw ExportError.of(
          ExportError.Kind.PAYLOAD_TOO_LARGE,
          "Content-Length " + announcedBytes + " is over max_body_bytes = " + maxBodyBytes);
    }
    return announcedBytes;
  }

  private static ExportError unavailable(SpoolException e) {
    return ExportError.unavailable(
        e instanceof SpoolClosedException
            ? "the server is stopping"
            : String.valueOf(e.getMessage()));
  }
}
