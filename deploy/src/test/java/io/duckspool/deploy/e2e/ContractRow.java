package io.duckspool.deploy.e2e;

import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.function.Executable;

/** Makes a test of a row of a contract table. */
final class ContractRow {

  private ContractRow() {}

  /**
   * A test that names its row in its failure, too: reports of the build only number such tests.
   *
   * @param row for people; may be empty
   */
  static DynamicNode test(String row, Executable check) {
    return DynamicTest.dynamicTest(
        row.isBlank() ? "(empty)" : row,
        () -> {
          try {
            check.execute();
          } catch (AssertionError e) {
            throw new AssertionError("row [" + row + "]: " + e.getMessage(), e);
          }
        });
  }
}
