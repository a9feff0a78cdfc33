package io.duckspool.common.otlp;

/** Where memory for buffers is asked for, so that all requests together stay within a bound. */
public interface ByteBudget {

  /** Grants everything. */
  ByteBudget UNLIMITED =
      new ByteBudget() {
        @Override
        public boolean tryReserve(long bytes) {
          return true;
        }

        @Override
        public void release(long bytes) {}
      };

  /** Takes {@code bytes} of the budget; false, and nothing taken, when there isn't as much left. */
  boolean tryReserve(long bytes);

  /** Gives back what {@link #tryReserve} took. */
  void release(long bytes);
}
