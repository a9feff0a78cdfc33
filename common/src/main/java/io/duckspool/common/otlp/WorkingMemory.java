package io.duckspool.common.otlp;

/**
 * What the buffers of one parser take while they grow for one request, asked of the request's
 * budget. What buffers keep from request to request is small, and isn't counted.
 *
 * <p>Used by one thread at a time. A buffer remembers what it reserved together with {@link
 * #epoch}, since the end of a request gives everything back.
 */
final class WorkingMemory {

  /** Grants everything; shared by buffers that nobody bounds. */
  static final WorkingMemory UNLIMITED = new WorkingMemory();

  private ByteBudget budget = ByteBudget.UNLIMITED;
  private long reservedBytes;
  private int epoch;

  /** The budget refused; becomes a {@link BudgetExhaustedException} where the parser returns. */
  static final class Exhausted extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Exhausted(long bytes) {
      super(
          "no memory for a buffer of " + bytes + " bytes now (receiver.max_in_flight_bytes)",
          null,
          false,
          false);
    }
  }

  /** Counts for this budget until {@link #end}. */
  void begin(ByteBudget requestBudget) {
    budget = requestBudget;
    epoch++;
  }

  /** Gives everything back: the buffers were let go, or cut to what is kept. */
  void end() {
    if (reservedBytes > 0) {
      budget.release(reservedBytes);
      reservedBytes = 0;
    }
    budget = ByteBudget.UNLIMITED;
  }

  /** Changes with every request. */
  int epoch() {
    return epoch;
  }

  /** Held for the current request. */
  long reservedBytes() {
    return reservedBytes;
  }

  /** Takes memory before it is allocated. */
  void reserve(long bytes) {
    if (budget == ByteBudget.UNLIMITED) {
      return;
    }
    if (!budget.tryReserveWorking(bytes)) {
      throw new Exhausted(bytes);
    }
    reservedBytes += bytes;
  }

  /** Gives back what was reserved in this epoch. */
  void release(long bytes) {
    if (budget != ByteBudget.UNLIMITED) {
      budget.release(bytes);
      reservedBytes -= bytes;
    }
  }
}
