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

  /**
   * Takes memory beside the body itself, for a moment: the copy of an array that grows, JSON as
   * protobuf. A budget may grant a little more of it to a request that is alone.
   */
  default boolean tryReserveWorking(long bytes) {
    return tryReserve(bytes);
  }

  /** Gives back what {@link #tryReserve} or {@link #tryReserveWorking} took. */
  void release(long bytes);
}
