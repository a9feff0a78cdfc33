package io.duckspool.common.server;

/** How far a server is, as its {@link ServerFile} remembers it. */
public enum ServerState {
  /**
   * The spool is made, the target not yet confirmed; nothing was acked. The receiver owns the file.
   */
  PREPARING,
  /**
   * The target holds the ledger; the server listens whenever a receiver runs. The receiver owns the
   * file.
   */
  SERVING,
  /** Closed for good; what was accepted is still being committed. The writer owns the file. */
  STOPPING,
  /** All is committed; the folder and the ledger are being removed. The writer owns the file. */
  DRAINED
}
