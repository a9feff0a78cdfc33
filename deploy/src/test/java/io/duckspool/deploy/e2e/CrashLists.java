package io.duckspool.deploy.e2e;

import io.duckspool.common.fault.CrashPoint;
import io.duckspool.deploy.harness.CrashLot;
import io.duckspool.deploy.harness.Halt;
import java.util.List;
import java.util.stream.Stream;

/**
 * Which process reaches which crash point, in the life of a server that stores in a DuckDB file.
 */
public final class CrashLists {
  /**
   * A durable mark behind that of a start: those come with the syncs of 200 requests of two
   * clients.
   */
  private static final int UNDER_LOAD = 20;

  /** Those of a receiver from its first start to its end. */
  static final List<Halt> OF_RECEIVER =
      Halt.all(
          Halt.at(
              CrashPoint.SERVER_FILE_WRITTEN,
              CrashPoint.SERVER_FILE_SYNCED,
              CrashPoint.SERVER_FILE_RENAMED,
              CrashPoint.CHECKPOINT_FILE_MADE,
              CrashPoint.SERVER_SPOOL_MADE,
              CrashPoint.SERVER_TARGET_MADE,
              CrashPoint.SPOOL_APPENDED,
              CrashPoint.SPOOL_FORCED,
              CrashPoint.SPOOL_MARK_PUBLISHED,
              CrashPoint.SPOOL_SEGMENT_BEGUN,
              CrashPoint.SPOOL_SEGMENT_ENDING),
          List.of(Halt.at(CrashPoint.CHECKPOINT_HALF_WRITTEN, UNDER_LOAD)));

  /** Those of a writer, into a DuckDB file. */
  static final List<Halt> OF_WRITER =
      Halt.all(
          Halt.at(CrashPoint.SEAL_FROZEN, CrashPoint.SEAL_BEGUN, CrashPoint.SEAL_LEDGER_MOVED),
          Halt.atEachTable(CrashPoint.SEAL_TABLE_INSERTED),
          Halt.at(
              CrashPoint.SEAL_BEFORE_COMMIT,
              CrashPoint.SEAL_COMMITTED,
              CrashPoint.CHECKPOINT_PUBLISHED,
              CrashPoint.SPOOL_SEGMENT_DELETED,
              CrashPoint.QUARANTINE_SYNCED,
              CrashPoint.STOP_DRAINED,
              CrashPoint.STOP_QUARANTINE_MOVED,
              CrashPoint.STOP_FOLDER_RENAMED,
              CrashPoint.STOP_LEDGER_REMOVED));

  /** Those of the receiver that only calls reach. */
  static final List<Halt> OF_CALLS_IN_RECEIVER =
      Halt.at(
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
  static final List<Halt> OF_CALLS_IN_WRITER =
      Halt.at(
          CrashPoint.TAKE_UP_WRITTEN,
          CrashPoint.REPLAY_LEDGER_MADE,
          CrashPoint.REPLAY_TARGET_CHANGED,
          CrashPoint.REPLAY_LEDGER_REMOVED,
          CrashPoint.DISCARD_NOTED);

  /** Those of the writer that calls about a quarantine reach. */
  static final List<Halt> OF_QUARANTINE =
      Halt.at(
          CrashPoint.QUARANTINE_REPLAY_NOTED,
          CrashPoint.QUARANTINE_REPLAY_LEDGER_MADE,
          CrashPoint.QUARANTINE_REPLAY_COMMITTED,
          CrashPoint.QUARANTINE_REPLAY_FILE_REMOVED,
          CrashPoint.QUARANTINE_REPLAY_LEDGER_REMOVED,
          CrashPoint.QUARANTINE_DROP_NOTED);

  private CrashLists() {}

  /** The points of each list. */
  public static List<CrashPoint> points() {
    return Stream.of(
            OF_RECEIVER, OF_WRITER, OF_CALLS_IN_RECEIVER, OF_CALLS_IN_WRITER, OF_QUARANTINE)
        .flatMap(list -> Halt.points(list).stream())
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
