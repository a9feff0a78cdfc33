package io.duckspool.receiver.lifecycle;

import io.duckspool.common.server.ServerFolder;
import io.duckspool.spool.CheckpointFile;
import io.duckspool.spool.CommittedMark;
import io.duckspool.spool.DurableMark;
import io.duckspool.spool.Spool;
import io.duckspool.spool.SpoolPosition;
import java.io.IOException;
import java.util.Optional;

/**
 * How far a spool is, and how far its writer, from the marks that both publish: exact once the
 * writer has published, a hint before.
 *
 * @param head after the last append
 * @param durable after the last durable append
 * @param committed after the last entry that is committed or in quarantine
 * @param quarantinedRows rows before that that are in quarantine
 */
record Backlog(
    SpoolPosition head, SpoolPosition durable, SpoolPosition committed, long quarantinedRows) {

  /** Of a spool that this process has open, or had. */
  static Backlog of(Spool spool) {
    // In this order: none of the three may seem to be ahead of one named before it.
    CommittedMark committed = spool.committed();
    SpoolPosition durable = spool.durable();
    return new Backlog(spool.head(), durable, committed.position(), committed.quarantinedRows());
  }

  /** Of a spool that nobody appends to; zero where there is none. */
  static Backlog of(ServerFolder folder) throws IOException {
    CommittedMark committed = CheckpointFile.committed(folder.path(), false).readCommitted();
    SpoolPosition durable =
        CheckpointFile.durable(folder.path(), false)
            .readDurable()
            .map(DurableMark::position)
            .orElse(committed.position());
    return new Backlog(durable, durable, committed.position(), committed.quarantinedRows());
  }

  /** Of the spool if it was opened, else of the files. */
  static Backlog of(Optional<Spool> spool, ServerFolder folder) throws IOException {
    return spool.isPresent() ? of(spool.get()) : of(folder);
  }

  /** Durable entries that are neither committed nor in quarantine. */
  long entries() {
    return Math.max(0, durable.entries() - committed.entries());
  }

  /** Rows of those. */
  long rows() {
    return Math.max(0, durable.rows() - committed.rows());
  }

  /** Payload bytes that were appended and are neither committed nor in quarantine. */
  long bytes() {
    return Math.max(0, head.bytes() - committed.bytes());
  }
}
