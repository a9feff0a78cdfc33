package io.duckspool.deploy.targets;

import io.duckspool.common.fault.CrashPoint;
import io.duckspool.deploy.harness.Halt;
import java.util.List;

/** The crash points that a writer reaches with other targets than a DuckDB file alone. */
public final class TargetCrashLists {
  /** In the order in which a life reaches them. */
  static final List<Halt> OF_LAKES =
      Halt.at(
          CrashPoint.LAKE_FILES_WRITTEN,
          CrashPoint.LAKE_FILES_SYNCED,
          CrashPoint.LAKE_MERGED,
          CrashPoint.LAKE_MERGE_COMMITTED);

  static final List<Halt> OF_PARQUET =
      Halt.all(
          Halt.at(
              CrashPoint.EXPORT_COPIED,
              CrashPoint.EXPORT_STAGED,
              CrashPoint.EXPORT_INTENT_WRITTEN,
              CrashPoint.EXPORT_FILES_BROUGHT),
          Halt.atEachFile(CrashPoint.EXPORT_FILE_PLACED),
          Halt.at(
              CrashPoint.EXPORT_SYNCED,
              CrashPoint.EXPORT_LEDGER_MOVED,
              CrashPoint.EXPORT_INTENT_REMOVED));

  static final List<Halt> OF_ICEBERG =
      Halt.all(
          Halt.at(
              CrashPoint.ICEBERG_LEDGER_BEGUN,
              CrashPoint.ICEBERG_BEGUN,
              CrashPoint.ICEBERG_LEDGER_MOVED),
          Halt.atEachTable(CrashPoint.ICEBERG_TABLE_INSERTED),
          Halt.at(CrashPoint.ICEBERG_BEFORE_COMMIT, CrashPoint.ICEBERG_COMMITTED));

  private TargetCrashLists() {}

  /** Each list. */
  public static List<List<Halt>> all() {
    return List.of(OF_LAKES, OF_PARQUET, OF_ICEBERG);
  }
}
