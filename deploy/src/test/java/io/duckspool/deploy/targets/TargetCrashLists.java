package io.duckspool.deploy.targets;

import io.duckspool.common.fault.CrashPoint;
import java.util.List;
import java.util.stream.Stream;

/** The crash points that a writer reaches with other targets than a DuckDB file alone. */
public final class TargetCrashLists {
  /** In the order in which a life reaches them. */
  static final List<CrashPoint> OF_LAKES =
      List.of(CrashPoint.LAKE_FILES_WRITTEN, CrashPoint.LAKE_FILES_SYNCED);

  /** Maintenance comes after five minutes: only the writer's tests halt there. */
  static final List<CrashPoint> OF_MAINTENANCE =
      List.of(CrashPoint.LAKE_MERGED, CrashPoint.LAKE_MERGE_COMMITTED);

  static final List<CrashPoint> OF_PARQUET =
      List.of(
          CrashPoint.EXPORT_COPIED,
          CrashPoint.EXPORT_STAGED,
          CrashPoint.EXPORT_INTENT_WRITTEN,
          CrashPoint.EXPORT_FILES_BROUGHT,
          CrashPoint.EXPORT_FILE_PLACED,
          CrashPoint.EXPORT_SYNCED,
          CrashPoint.EXPORT_LEDGER_MOVED,
          CrashPoint.EXPORT_INTENT_REMOVED);

  static final List<CrashPoint> OF_ICEBERG =
      List.of(
          CrashPoint.ICEBERG_LEDGER_BEGUN,
          CrashPoint.ICEBERG_BEGUN,
          CrashPoint.ICEBERG_LEDGER_MOVED,
          CrashPoint.ICEBERG_TABLE_INSERTED,
          CrashPoint.ICEBERG_BEFORE_COMMIT,
          CrashPoint.ICEBERG_COMMITTED);

  private TargetCrashLists() {}

  /** Those of all lists. */
  public static List<CrashPoint> all() {
    return Stream.of(OF_LAKES, OF_MAINTENANCE, OF_PARQUET, OF_ICEBERG)
        .flatMap(List::stream)
        .toList();
  }

  /** How many halts of the real writer there are, each once. */
  public static int halts() {
    return all().size() - OF_MAINTENANCE.size();
  }
}
