package io.duckspool.deploy.targets;

import java.nio.file.Path;
import java.sql.Connection;
import java.util.Optional;

/** Another engine that reads what was stored. */
@FunctionalInterface
interface ReadBack {
  /** There is none. */
  ReadBack NONE = folder -> Optional.empty();

  /**
   * Reads all, and hands it on as the tables of a DuckDB in memory, for the caller to close.
   *
   * @param folder empty, for what it writes
   */
  Optional<Connection> read(Path folder) throws Exception;
}
