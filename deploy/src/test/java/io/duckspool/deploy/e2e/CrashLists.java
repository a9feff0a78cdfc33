package io.duckspool.deploy.e2e;

import io.duckspool.common.fault.CrashPoint;
import io.duckspool.deploy.harness.Halt;
import java.util.List;

/**
 * Which process reaches which crash point, in the life of a server that stores in a DuckDB file.
 */
public final class CrashLists {
  /**
   * A durable mark behind that of a start: those come with the syncs of 200 requests of two
   * clients.
   */
  private static final int UNDER_LOAD = 20;

  private static final List<Halt> AT_TABLES = Halt.atEachTable(CrashPoint.SEAL_TABLE_INSERTED);

  /** Those of a receiver from its first start to its end, by phase. */
  static final List<List<Halt>> OF_RECEIVER =
      List.of(
          Halt.at(
              CrashPoint.SERVER_FILE_WRITTEN,
              CrashPoint.SERVER_FILE_SYNCED,
              CrashPoint.SERVER_FILE_RENAMED,
              CrashPoint.CHECKPOINT_FILE_MADE,
              CrashPoint.SERVER_SPOOL_MADE,
              CrashPoint.SERVER_TARGET_MADE),
          Halt.all(
              Halt.at(
                  CrashPoint.SPOOL_APPENDED,
                  CrashPoint.SPOOL_FORCED,
                  CrashPoint.SPOOL_MARK_PUBLISHED,
                  CrashPoint.SPOOL_SEGMENT_BEGUN,
                  CrashPoint.SPOOL_SEGMENT_ENDING),
              List.of(Halt.at(CrashPoint.CHECKPOINT_HALF_WRITTEN, UNDER_LOAD))));

  /**
   * Those of a writer, into a DuckDB file, by phase: two in one seal, for a third death with one
   * batch in hand is something else, and one after it.
   */
  static final List<List<Halt>> OF_WRITER =
      List.of(
          Halt.all(
              Halt.at(CrashPoint.SEAL_FROZEN, CrashPoint.SEAL_BEGUN, CrashPoint.SEAL_LEDGER_MOVED),
              AT_TABLES.subList(0, AT_TABLES.size() / 2)),
          Halt.all(
              AT_TABLES.subList(AT_TABLES.size() / 2, AT_TABLES.size()),
              Halt.at(
                  CrashPoint.SEAL_BEFORE_COMMIT,
                  CrashPoint.SEAL_COMMITTED,
                  CrashPoint.CHECKPOINT_PUBLISHED)),
          Halt.at(
              CrashPoint.SPOOL_SEGMENT_DELETED,
              CrashPoint.QUARANTINE_SYNCED,
              CrashPoint.STOP_DRAINED,
              CrashPoint.STOP_QUARANTINE_MOVED,
              CrashPoint.STOP_FOLDER_RENAMED,
              CrashPoint.STOP_LEDGER_REMOVED));

  /** Those of the receiver that only calls reach, by phase. */
  static final List<List<Halt>> OF_CALLS_IN_RECEIVER =
      List.of(
          Halt.at(CrashPoint.FLUSH_CAPTURED, CrashPoint.FLUSH_SEALED, CrashPoint.SERVE_TAKEN_UP),
          Halt.at(
              CrashPoint.STOP_NOTED,
              CrashPoint.STOP_SPOOL_CLOSED,
              CrashPoint.STOP_REMEMBERED,
              CrashPoint.STOP_PORT_FREED),
          Halt.at(
              CrashPoint.SERVE_TAKEN_BACK,
              CrashPoint.SERVE_FOLDER_MADE,
              CrashPoint.SERVE_REMEMBERED,
              CrashPoint.SERVE_LISTENING));

  /** Those of the writer that only calls reach, by phase. */
  static final List<List<Halt>> OF_CALLS_IN_WRITER =
      List.of(
          Halt.at(CrashPoint.TAKE_UP_WRITTEN),
          Halt.at(
              CrashPoint.REPLAY_LEDGER_MADE,
              CrashPoint.REPLAY_TARGET_CHANGED,
              CrashPoint.REPLAY_LEDGER_REMOVED),
          Halt.at(CrashPoint.DISCARD_NOTED));

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

  /** Each list, without its phases. */
  public static List<List<Halt>> all() {
    return List.of(
        flat(OF_RECEIVER),
        flat(OF_WRITER),
        flat(OF_CALLS_IN_RECEIVER),
        flat(OF_CALLS_IN_WRITER),
        OF_QUARANTINE);
  }

  private static List<Halt> flat(List<List<Halt>> phases) {
    return phases.stream().flatMap(List::stream).toList();
  }
}
