package io.duckspool.deploy.harness;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;

/**
 * What the one server of a {@link Rig} stores in, and how a process reads it that isn't the writer.
 * Without state of its own, so it may be read for as long as what is behind it lives.
 */
public interface TargetView {

  /** Declares catalogs and secrets, as variables of both processes' environment. */
  Map<String, String> variables();

  /** Parameters of the server. */
  Map<String, String> parameters();

  /** What stands before a table's name in a query of the writer, with its dot. */
  String qualifier();

  /**
   * Opens what is stored, the tables by their plain names: those of the signals, {@code
   * duckspool_ledger} with spool_id, next_index and seals, and {@code duckspool_seals}. The writer
   * must have been stopped.
   *
   * @param outside the way to its files
   */
  Connection open(Outside outside) throws SQLException;
}
