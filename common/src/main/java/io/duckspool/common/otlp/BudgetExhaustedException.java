package io.duckspool.common.otlp;

/** The {@link ByteBudget} has no room for a buffer now: HTTP 503, the client may try again. */
public final class BudgetExhaustedException extends Exception {

  private static final long serialVersionUID = 1L;

  public BudgetExhaustedException(String message) {
    super(message);
  }
}
