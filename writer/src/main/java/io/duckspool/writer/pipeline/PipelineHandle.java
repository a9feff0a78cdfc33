package io.duckspool.writer.pipeline;

import io.duckspool.writer.sink.Target;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A pipeline with its thread, as other threads see it.
 *
 * @param settings as of the last change of the server file
 * @param target as of the last change of the server file
 */
record PipelineHandle(PipelineSettings settings, Target target, PipelineThread thread) {

  private static final long REPLY_POLL_MILLIS = 250;

  PipelineSnapshot snapshot() {
    return thread.pipeline().snapshot();
  }

  /**
   * Has the pipeline do something and waits for its reply, also when the pipeline ends meanwhile. A
   * reply that came too late is cancelled.
   *
   * @param command holds the reply
   * @param timeoutMillis how long to wait; null = as long as it takes
   * @param otherwise the answer when there is no reply, from the reason
   */
  <T> T ask(
      PipelineCommand command,
      CompletableFuture<T> reply,
      @Nullable Long timeoutMillis,
      Function<String, T> otherwise)
      throws InterruptedException {
    return ask(command, reply, timeoutMillis, () -> false, otherwise);
  }

  /**
   * As the other {@code ask}, for somebody who may go meanwhile.
   *
   * @param isAbandoned asked several times a second; true: nobody waits for the answer
   */
  <T> T ask(
      PipelineCommand command,
      CompletableFuture<T> reply,
      @Nullable Long timeoutMillis,
      BooleanSupplier isAbandoned,
      Function<String, T> otherwise)
      throws InterruptedException {
    if (!thread.offer(command) && thread.isAlive()) {
      return otherwise.apply("too many requests wait already");
    }
    long left = timeoutMillis == null ? Long.MAX_VALUE : timeoutMillis;
    while (true) {
      if (!thread.isAlive() && !reply.isDone()) {
        thread.pipeline().refuse(command);
      }
      long step = Math.min(left, REPLY_POLL_MILLIS);
      try {
        return reply.get(step, TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        left -= step;
        if (left <= 0) {
          reply.cancel(false);
          return otherwise.apply("not done within " + timeoutMillis + " ms");
        }
        if (isAbandoned.getAsBoolean()) {
          reply.cancel(false);
          return otherwise.apply("nobody waits for it any more");
        }
      } catch (ExecutionException e) {
        throw new IllegalStateException("a pipeline could not do what was asked", e);
      }
    }
  }
}
