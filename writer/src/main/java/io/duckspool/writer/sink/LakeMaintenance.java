package io.duckspool.writer.sink;

import io.duckspool.common.fault.CrashPoint;
import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.common.server.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the tables of a lake in few files, and the lake itself small: merges the data files of our
 * tables, then lets old snapshots go, then the files and rows that no snapshot needs.
 *
 * <p>The last two are done for a lake as a whole, so only in one that duckspool made, or where a
 * retention was given; elsewhere every snapshot stays.
 *
 * <p>What merging wrote is synced before its COMMIT: from then on the lake no longer names the
 * files that went into it. If the process dies here: a merge is in the lake or it isn't; what it
 * wrote and didn't commit stays behind as a file that no snapshot names. Used under the commit
 * lock.
 */
final class LakeMaintenance {

  private static final Logger LOG = LoggerFactory.getLogger(LakeMaintenance.class);

  /** Where nothing is given. */
  private static final Duration DEFAULT_RETENTION = Duration.ofMinutes(15);

  /** A reader that began before a file was due to go must still be able to open it: a guess. */
  private static final Duration MIN_FILE_AGE = Duration.ofMinutes(1);

  /**
   * Files that one merge of a table makes, each of the target size at most: seals wait meanwhile.
   */
  private static final int MAX_MERGED_FILES = 2;

  private final String lake;
  private final Target target;
  private final LakeMetadata metadata;
  private final InstantSource clock;
  private boolean isKeepingAnnounced;

  LakeMaintenance(String lake, Target target, LakeMetadata metadata, InstantSource clock) {
    this.lake = lake;
    this.target = target;
    this.metadata = metadata;
    this.clock = clock;
  }

  void run(Session session) throws SQLException {
    Map<String, LakeMetadata.Table> tables = metadata.tables(session, target.schema());
    for (OtlpTable table : OtlpTable.values()) {
      LakeMetadata.Table found = tables.get(table.tableName());
      if (found != null) {
        merge(session, table, found);
      }
    }
    Optional<Duration> retention = retention(session);
    if (retention.isPresent()) {
      expire(session, retention.get());
      LakeMetadata.Table ledger = tables.get(TableDefinition.LEDGER.name());
      if (ledger != null) {
        long removed = metadata.removeInvisibleRows(session, ledger);
        LOG.debug(
            "lake {}: {} rows of its ledger, which no snapshot shows, removed", lake, removed);
      }
    } else if (!isKeepingAnnounced) {
      isKeepingAnnounced = true;
      LOG.info(
          "lake {} was not made by duckspool: its snapshots are kept, and with them the files that"
              + " merging replaced, unless maintenance_retention_ms is given",
          lake);
    }
  }

  /** How long snapshots are kept; empty: for ever. */
  private Optional<Duration> retention(Session session) throws SQLException {
    if (target.lake().retention().isPresent()) {
      return target.lake().retention();
    }
    return metadata.options(session).ofLake(LakeMetadata.CREATED_OPTION).isPresent()
        ? Optional.of(DEFAULT_RETENTION)
        : Optional.empty();
  }

  private void merge(Session session, OtlpTable table, LakeMetadata.Table found)
      throws SQLException {
    session.begin();
    Set<Path> before = files(found);
    session.execute(
        "CALL ducklake_merge_adjacent_files("
            + Identifiers.literal(lake)
            + ", "
            + Identifiers.literal(table.tableName())
            + ", schema => "
            + Identifiers.literal(target.schema())
            + ", max_compacted_files => "
            + MAX_MERGED_FILES
            + ")");
    syncOthers(found, before);
    CrashPoint.LAKE_MERGED.reached();
    session.commit();
    CrashPoint.LAKE_MERGE_COMMITTED.reached();
  }

  /** All data files of a table, where they are on this machine. */
  private static Set<Path> files(LakeMetadata.Table table) throws SQLException {
    Path folder = table.isLocal() ? Path.of(table.folder()) : null;
    if (folder == null || !Files.isDirectory(folder)) {
      return Set.of();
    }
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(file -> file.toString().endsWith(".parquet")).collect(Collectors.toSet());
    } catch (IOException e) {
      throw new SQLException("the data files in " + folder + " can't be listed: " + e, e);
    }
  }

  /** Syncs the files that weren't there before, and their folders. */
  private static void syncOthers(LakeMetadata.Table table, Set<Path> before) throws SQLException {
    Set<Path> folders = new HashSet<>();
    try {
      for (Path file : files(table)) {
        if (!before.contains(file)) {
          LakeFiles.syncFile(file);
          Path folder = file.getParent();
          if (folder != null && folders.add(folder)) {
            AtomicFile.syncFolder(folder);
          }
        }
      }
    } catch (IOException e) {
      throw new SQLException("merged data files can't be synced: " + e, e);
    }
  }

  private void expire(Session session, Duration retention) throws SQLException {
    Instant now = clock.instant();
    session.execute(
        "CALL ducklake_expire_snapshots("
            + Identifiers.literal(lake)
            + ", older_than => "
            + timestamp(now.minus(retention))
            + ")");
    Duration age = retention.compareTo(MIN_FILE_AGE) < 0 ? MIN_FILE_AGE : retention;
    session.execute(
        "CALL ducklake_cleanup_old_files("
            + Identifiers.literal(lake)
            + ", older_than => "
            + timestamp(now.minus(age))
            + ")");
  }

  private static String timestamp(Instant instant) {
    return "TIMESTAMPTZ " + Identifiers.literal(instant.toString());
  }
}
