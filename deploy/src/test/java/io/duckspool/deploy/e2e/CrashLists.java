package io.duckspool.deploy.e2e;

import io.duckspool.common.fault.CrashPoint;
import io.duckspool.deploy.harness.CrashLot;
import java.util.List;
import java.util.stream.Stream;

/**
 * Which process reaches which crash point, in the life of a server that stores in a DuckDB file.
 */
public final class CrashLists {
  /** Those of a receiver from its first start to its end. */
  static final List<CrashPoint> OF_RECEIVER =
      List.of(
          CrashPoint.SERVER_FILE_WRITTEN,
          CrashPoint.SERVER_FILE_SYNCED,
          CrashPoint.SERVER_FILE_RENAMED,
          CrashPoint.SERVER_SPOOL_MADE,
          CrashPoint.SERVER_TARGET_MADE,
          CrashPoint.SPOOL_FORCED,
          CrashPoint.SPOOL_SEGMENT_BEGUN,
          CrashPoint.SPOOL_SEGMENT_ENDING);

  /** Those of a writer, into a DuckDB file. */
  static final List<CrashPoint> OF_WRITER =
      List.of(
          CrashPoint.SEAL_FROZEN,
          CrashPoint.SEAL_BEGUN,
          CrashPoint.SEAL_LEDGER_MOVED,
          CrashPoint.SEAL_TABLE_INSERTED,
          CrashPoint.SEAL_BEFORE_COMMIT,
          CrashPoint.SEAL_COMMITTED,
          CrashPoint.CHECKPOINT_PUBLISHED,
          CrashPoint.QUARANTINE_SYNCED,
          CrashPoint.STOP_DRAINED,
          CrashPoint.STOP_QUARANTINE_MOVED,
          CrashPoint.STOP_FOLDER_RENAMED,
          CrashPoint.STOP_LEDGER_REMOVED);

  /** Those of the receiver that only calls reach. */
  static final List<CrashPoint> OF_CALLS_IN_RECEIVER =
      List.of(
          CrashPoint.SERVE_FOLDER_MADE,
          CrashPoint.SERVE_REMEMBERED,
          CrashPoint.SERVE_LISTENING,
          CrashPoint.SERVE_TAKEN_BACK,
          CrashPoint.SERVE_TAKEN_UP,
          CrashPoint.FLUSH_CAPTURED,
          CrashPoint.FLUSH_SEALED,
          CrashPoint.STOP_NOTED,
          CrashPoint.STOP_SPOOL_CLOSED,
          CrashPoint.STOP_REMEMBERED,
          CrashPoint.STOP_PORT_FREED);

  /** Those of the writer that only calls reach. */
  static final List<CrashPoint> OF_CALLS_IN_WRITER =
      List.of(
          CrashPoint.TAKE_UP_WRITTEN,
          CrashPoint.REPLAY_LEDGER_MADE,
          CrashPoint.REPLAY_TARGET_CHANGED,
          CrashPoint.REPLAY_LEDGER_REMOVED,
          CrashPoint.DISCARD_NOTED);

  /** Those of the writer that calls about a quarantine reach. */
  static final List<CrashPoint> OF_QUARANTINE =
      List.of(
          CrashPoint.QUARANTINE_REPLAY_NOTED,
          CrashPoint.QUARANTINE_REPLAY_LEDGER_MADE,
          CrashPoint.QUARANTINE_REPLAY_COMMITTED,
          CrashPoint.QUARANTINE_REPLAY_FILE_REMOVED,
          CrashPoint.QUARANTINE_REPLAY_LEDGER_REMOVED,
          CrashPoint.QUARANTINE_DROP_NOTED);

  private CrashLists() {}

  /** Those of all lists. */
  public static List<CrashPoint> all() {
    return Stream.of(
            OF_RECEIVER, OF_WRITER, OF_CALLS_IN_RECEIVER, OF_CALLS_IN_WRITER, OF_QUARANTINE)
        .flatMap(List::stream)
        .toList();
  }

  /** How many halts all lots are, each once. */
  public static int halts() {
    int lots =
        CrashLot.pair(OF_RECEIVER, OF_WRITER, 0).size()
            + CrashLot.pair(OF_CALLS_IN_RECEIVER, OF_CALLS_IN_WRITER, 0).size();
    return 2 * lots + OF_QUARANTINE.size();
  }
}
