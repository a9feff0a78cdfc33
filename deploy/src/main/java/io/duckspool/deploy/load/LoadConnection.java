package io.duckspool.deploy.load;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One connection of a load, opened again when it breaks. It never sends a request twice but where
 * {@link Retry} says so: after a broken connection it goes on with the next number. A refused
 * connection draws no number. Used by its own thread.
 */
final class LoadConnection {
  /** A server that is away, or says "later", isn't asked again at once. */
  private static final long REFUSED_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private final LoadRun run;
  private final LoadPlan plan;
  private final LoadMeter meter = new LoadMeter();
  private final List<Prepared> mix = new ArrayList<>();
  private final SplittableRandom random = new SplittableRandom();
  private @Nullable HttpConnection connection;

  LoadConnection(LoadRun run) {
    this.run = run;
    this.plan = run.plan();
    plan.mix().forEach(request -> mix.add(Prepared.of(plan.target(), request)));
  }

  /** What was seen; complete once {@link #run} has returned. */
  LoadMeter meter() {
    return meter;
  }

  /** Sends until the load is over. */
  void run() throws InterruptedException, IOException {
    try {
      for (Optional<Long> due = run.nextDue(); due.isPresent(); due = run.nextDue()) {
        HttpConnection open = connected();
        if (open == null) {
          break;
        }
        boolean isRefused = send(open, due.get());
        long pause = plan.pace().pause().toNanos();
        if (!run.pause(isRefused ? Math.max(REFUSED_PAUSE_NANOS, pause) : pause)) {
          break;
        }
      }
    } finally {
      if (connection != null) {
        connection.close();
      }
    }
  }

  /** The open connection, or a new one as soon as somebody listens; null when the load is over. */
  private @Nullable HttpConnection connected() throws InterruptedException, IOException {
    HttpConnection current = connection;
    if (current != null && current.isOpen()) {
      return current;
    }
    if (current != null) {
      current.close();
      connection = null;
    }
    while (!run.isOver(run.nanoTime())) {
      try {
        HttpConnection opened = plan.target().connect();
        connection = opened;
        meter.connected();
        return opened;
      } catch (IOException e) {
        // Nobody listens: the server is being restarted, and nothing has been sent.
        meter.connectRefused();
        run.pause(REFUSED_PAUSE_NANOS);
      }
    }
    return null;
  }

  /** Sends the next request until it is through; true when the server wants it later. */
  private boolean send(HttpConnection open, long due) throws InterruptedException, IOException {
    long number = run.log().draw();
    Prepared prepared = mix.get((int) (number % mix.size()));
    boolean isInvalid = plan.mistakes().isInvalid(number);
    byte[] body = isInvalid ? prepared.invalidBody() : prepared.copy().stamped(number);
    byte[] head =
        isInvalid
            ? prepared.invalidHead()
            : plan.mistakes().hasBadToken(number) ? prepared.wrongTokenHead() : prepared.head();
    Answer answer = exchange(open, number, due, head, body);
    meter.ended(answer, body.length, isInvalid ? body.length : prepared.decodedByteCount());
    run.log().answered(answer);
    return answer.reply().isPresent() && Retry.isRetryable(answer.reply().get().status());
  }

  private Answer exchange(HttpConnection first, long number, long due, byte[] head, byte[] body)
      throws InterruptedException, IOException {
    @Nullable HttpConnection open = first;
    HttpConnection.@Nullable Reply last = null;
    long sent = due;
    for (int attempt = 1; ; attempt++) {
      try {
        last = open.exchange(head, body);
      } catch (IOException e) {
        // The server went away: the request may have been taken or not, and nobody knows more.
        meter.notReplied();
        return answer(number, attempt, null, String.valueOf(e), run.nanoTime());
      }
      long now = run.nanoTime();
      meter.replied(last.status(), now - sent);
      Optional<Duration> wait =
          plan.retry().waitBefore(last, attempt, now - due, random::nextDouble);
      if (wait.isEmpty() || run.isOver(now) || !run.pause(wait.get().toNanos())) {
        return answer(number, attempt, last, "", now);
      }
      open = connected();
      if (open == null) {
        return answer(number, attempt, last, "", now);
      }
      sent = run.nanoTime();
    }
  }

  private Answer answer(
      long number, int attempts, HttpConnection.@Nullable Reply reply, String error, long now) {
    return new Answer(
        number, plan.recordsPerRequest(), attempts, Optional.ofNullable(reply), error, now);
  }

  /** A request of the mix with all that doesn't change from one number to the next. */
  private record Prepared(
      StampedRequest.Copy copy,
      int decodedByteCount,
      byte[] head,
      byte[] wrongTokenHead,
      byte[] invalidBody,
      byte[] invalidHead) {
    static Prepared of(LoadTarget target, StampedRequest request) {
      byte[] invalid = Mistakes.invalidBody(request);
      return new Prepared(
          request.copy(),
          request.decodedByteCount(),
          target.head(request, request.byteCount(), false),
          target.head(request, request.byteCount(), true),
          invalid,
          target.head(request, invalid.length, false));
    }
  }
}
