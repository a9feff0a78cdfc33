package io.duckspool.writer.sink;

import java.sql.SQLException;

/** Fails one step, chosen by its number. */
final class FailingGate implements StepGate {

  private int left;
  private boolean failed;

  /** The Nth step from now fails; 0: none. */
  void failAt(int n) {
    left = n;
    failed = false;
  }

  boolean hasFailed() {
    return failed;
  }

  @Override
  public void pass(String step) throws SQLException {
    if (left > 0 && --left == 0) {
      failed = true;
      throw new SQLException("IO Error: failed on purpose at: " + step);
    }
  }
}
