package io.duckspool.receiver.http;

import io.duckspool.receiver.ingest.BodyBuffer;
import io.duckspool.receiver.ingest.ExportError;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.ee10.servlet.ServletContextRequest;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.io.Content;

/**
 * Reads one body without holding a thread: called when bytes are there, by one of Jetty's threads
 * at a time, and by the deadline thread. All state is guarded by {@code this}; the future is
 * completed outside of the lock, by one of the listener's threads.
 *
 * <pre>
 * READING -> READ                           the body is whole
 * READING -> FAILED -> DRAINING -> ENDED    rejected: what still comes is dropped, after the reply
 * READING -> GONE                           the connection is lost
 * </pre>
 *
 * Draining is for the client: with unread bytes in its receive buffer a closed socket resets the
 * connection, and the reply may be lost before the client has read it.
 */
final class BodyReader implements ReadListener {

  /** What is dropped at most after a rejection; then the connection is closed anyway (a guess). */
  private static final long MAX_DRAIN_BYTES = 64L << 20;

  private enum State {
    READING,
    READ,
    FAILED,
    DRAINING,
    ENDED,
    GONE
  }

  /** The client went away: nobody to reply to. */
  static final class ClientGone extends Exception {
    private static final long serialVersionUID = 1L;

    ClientGone(Throwable cause) {
      super(String.valueOf(cause.getMessage()), cause, false, false);
    }
  }

  private final ServletInputStream input;
  private final Content.Source connection;
  private final Optional<BodyBuffer> buffer;
  private final BodyDeadlines deadlines;
  private final Executor executor;
  private final CompletableFuture<byte[]> body = new CompletableFuture<>();
  private final CompletableFuture<Void> drained = new CompletableFuture<>();
  private final byte[] scrap = new byte[4096];
  private State state;
  private long startNanos;
  private long drainedBytes;

  private BodyReader(
      HttpServletRequest request,
      Optional<BodyBuffer> buffer,
      BodyDeadlines deadlines,
      Executor executor)
      throws IOException {
    this.input = request.getInputStream();
    this.connection = ServletContextRequest.getServletContextRequest(request);
    this.buffer = buffer;
    this.deadlines = deadlines;
    this.executor = executor;
    this.state = buffer.isPresent() ? State.READING : State.DRAINING;
    this.startNanos = deadlines.nowNanos();
  }

  /**
   * Starts to read a body; the request is in asynchronous mode.
   *
   * @param executor runs what follows a deadline
   */
  static BodyReader read(
      HttpServletRequest request, BodyBuffer buffer, BodyDeadlines deadlines, Executor executor)
      throws IOException {
    BodyReader reader = new BodyReader(request, Optional.of(buffer), deadlines, executor);
    deadlines.add(reader);
    reader.input.setReadListener(reader);
    return reader;
  }

  /** Drops the body of a request that was replied to; completed when it may be closed. */
  static CompletableFuture<Void> dropUnread(
      HttpServletRequest request, BodyDeadlines deadlines, Executor executor) throws IOException {
    BodyReader reader = new BodyReader(request, Optional.empty(), deadlines, executor);
    deadlines.add(reader);
    reader.input.setReadListener(reader);
    return reader.drained;
  }

  /** The whole body; fails with {@link ExportError} or {@link ClientGone}. */
  CompletableFuture<byte[]> body() {
    return body;
  }

  /** Whether the connection can take another request: nothing of this body is left on it. */
  synchronized boolean isConnectionUsable() {
    return state == State.READ;
  }

  /** Whether the connection was lost, or is given up, before the body was whole. */
  synchronized boolean isGone() {
    return state == State.GONE;
  }

  /** After the reply to a rejected body: drops what still comes. */
  CompletableFuture<Void> drain() {
    synchronized (this) {
      if (state != State.FAILED) {
        return CompletableFuture.completedFuture(null);
      }
      state = State.DRAINING;
      startNanos = deadlines.nowNanos();
    }
    deadlines.add(this);
    onDataAvailable();
    return drained;
  }

  @Override
  public void onDataAvailable() {
    Runnable outcome;
    synchronized (this) {
      outcome = readAvailable();
    }
    outcome.run();
  }

  private Runnable readAvailable() {
    try {
      // One byte more than an announced body has is asked for, to see its end.
      while (isTaking() && input.isReady() && !input.isFinished()) {
        int count = state == State.READING ? readInto(buffer.orElseThrow()) : input.read(scrap);
        if (count < 0) {
          return () -> {}; // onAllDataRead follows.
        }
        if (state == State.DRAINING) {
          drainedBytes += count;
          if (drainedBytes > MAX_DRAIN_BYTES) {
            return ended();
          }
        }
      }
      return () -> {};
    } catch (ExportError e) {
      return failed(e);
    } catch (IOException | IllegalStateException e) {
      return lost(e);
    }
  }

  private boolean isTaking() {
    return state == State.READING || state == State.DRAINING;
  }

  private int readInto(BodyBuffer into) throws ExportError, IOException {
    if (into.isFull()) {
      int more = input.read(scrap, 0, 1);
      if (more > 0) {
        into.advance(more); // Too large.
      }
      return more;
    }
    byte[] tail = into.tail();
    int count = input.read(tail, into.tailOffset(), tail.length - into.tailOffset());
    if (count > 0) {
      into.advance(count);
    }
    return count;
  }

  @Override
  public void onAllDataRead() {
    Runnable outcome;
    synchronized (this) {
      if (state == State.READING) {
        outcome = whole();
      } else {
        outcome = state == State.DRAINING ? ended() : () -> {};
      }
    }
    outcome.run();
  }

  @Override
  public void onError(Throwable failure) {
    Runnable outcome;
    synchronized (this) {
      outcome = lost(failure);
    }
    outcome.run();
  }

  /** Called by the deadline thread: ends a body that is too slow. */
  void checkDeadline() {
    Runnable outcome = null;
    synchronized (this) {
      if (state == State.READING && deadlines.isTooSlow(startNanos, buffer.orElseThrow().size())) {
        outcome = gone(tooSlow());
      } else if (state == State.DRAINING && deadlines.isDrainOver(startNanos)) {
        outcome = ended();
      }
    }
    if (outcome != null) {
      executor.execute(outcome);
    }
  }

  private ExportError tooSlow() {
    return ExportError.of(
        ExportError.Kind.REQUEST_TIMEOUT,
        "the body took longer than receiver.body_timeout = "
            + deadlines.bodyTimeout().toMillis()
            + " ms, or came slower than "
            + BodyDeadlines.MIN_BYTES_PER_SECOND
            + " bytes a second");
  }

  private Runnable whole() {
    // Where a connection ends right behind a chunk, Jetty reports the end of the body first, and
    // only
    // to who asks again that the chunks were not at their end. Part of a body must not be stored.
    Content.Chunk end = connection.read();
    if (Content.Chunk.isFailure(end)) {
      return lost(end.getFailure());
    }
    try {
      byte[] bytes = buffer.orElseThrow().join();
      state = State.READ;
      deadlines.remove(this);
      return () -> body.complete(bytes);
    } catch (ExportError e) {
      state = State.READ;
      return rejected(e);
    }
  }

  private Runnable failed(ExportError error) {
    state = State.FAILED;
    return rejected(error);
  }

  /** The connection can't be used any more, or not for another request. */
  private Runnable gone(ExportError error) {
    state = State.GONE;
    return rejected(error);
  }

  private Runnable rejected(Throwable error) {
    buffer.ifPresent(BodyBuffer::discard);
    deadlines.remove(this);
    return () -> body.completeExceptionally(error);
  }

  private Runnable lost(Throwable failure) {
    if (state == State.DRAINING) {
      return ended();
    }
    if (state != State.READING) {
      return () -> {};
    }
    if (failure instanceof TimeoutException || failure.getCause() instanceof TimeoutException) {
      return gone(tooSlow());
    }
    if (failure instanceof Error) {
      state = State.GONE;
      return rejected(failure);
    }
    if (failure instanceof HttpException bad) {
      return gone(ExportError.of(ExportError.Kind.BAD_REQUEST, "the body: " + bad.getReason()));
    }
    state = State.GONE;
    buffer.ifPresent(BodyBuffer::discard);
    deadlines.remove(this);
    return () -> body.completeExceptionally(new ClientGone(failure));
  }

  private Runnable ended() {
    state = State.ENDED;
    deadlines.remove(this);
    return () -> drained.complete(null);
  }
}
