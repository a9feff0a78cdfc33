package io.duckspool.writer.sink;

import io.duckspool.writer.sink.store.IoGate;
import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Counts the steps on SQL and on files together, and fails one of them. */
final class FailingSteps {

  private final List<String> passed = new ArrayList<>();
  private int left;
  private String failed = "";

  /** The Nth step from now fails; 0: none. */
  void failAt(int n) {
    left = n;
    failed = "";
    passed.clear();
  }

  boolean hasFailed() {
    return !failed.isEmpty();
  }

  /** The step that failed. */
  String failed() {
    return failed;
  }

  /** Steps since the last {@link #failAt}. */
  List<String> passed() {
    return List.copyOf(passed);
  }

  /** For SQL and for files: either may throw its own kind. */
  private boolean fails(String step) {
    passed.add(step);
    if (left > 0 && --left == 0) {
      failed = step;
      return true;
    }
    return false;
  }

  StepGate sql() {
    return step -> {
      if (fails(step)) {
        throw new SQLException("IO Error: failed on purpose at: " + step);
      }
    };
  }

  IoGate io() {
    return step -> {
      if (fails(step)) {
        throw new IOException("failed on purpose at: " + step);
      }
    };
  }
}
