package io.duckspool.deploy.reconcile;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.function.Consumer;

/** Answers queries on the tables. */
@FunctionalInterface
public interface RowSource {
  /**
   * Runs one SELECT and passes its rows on, as objects by column.
   *
   * @throws IOException when it failed; the message says why
   */
  void rows(String sql, Consumer<JsonNode> row) throws IOException;
}
