package io.duckspool.writer.pipeline;

import java.util.function.Function;

/**
 * What became of an operator's wish.
 *
 * @param <T> what there is to say when it is done
 */
public sealed interface Outcome<T> {

  /** The same outcome, with something else to say. */
  <R> Outcome<R> map(Function<T, R> other);

  /** It is done, durable. */
  record Done<T>(T value) implements Outcome<T> {

    @Override
    public <R> Outcome<R> map(Function<T, R> other) {
      return new Done<>(other.apply(value));
    }
  }

  /** It is not possible as asked; nothing has changed. */
  record Refused<T>(String reason) implements Outcome<T> {

    @Override
    public <R> Outcome<R> map(Function<T, R> other) {
      return new Refused<>(reason);
    }
  }

  /** It could not be done, or not to its end, for a reason that may pass; it may be repeated. */
  record NotNow<T>(String reason) implements Outcome<T> {

    @Override
    public <R> Outcome<R> map(Function<T, R> other) {
      return new NotNow<>(reason);
    }
  }
}
