package io.duckspool.writer.sink;

import java.sql.SQLException;

/** What each SQL step passes before it runs; a test fails the step here. */
@FunctionalInterface
interface StepGate {

  StepGate OPEN = step -> {};

  /**
   * @param step the statement, or {@code COMMITTED} after a COMMIT that was applied
   */
  void pass(String step) throws SQLException;
}
