package io.duckspool.writer.sink.store;

import java.io.IOException;

/** What each step on files passes before it is taken, and once more behind it; a test fails it. */
@FunctionalInterface
public interface IoGate {

  IoGate OPEN = step -> {};

  /**
   * @param step what is done to which file
   */
  void pass(String step) throws IOException;
}
