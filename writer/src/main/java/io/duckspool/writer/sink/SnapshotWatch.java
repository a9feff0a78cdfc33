package io.duckspool.writer.sink;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps an eye on the snapshots of tables that nobody may be expiring: each seal adds one, and
 * every commit and every reader has to load the list of them. Thread-safe.
 */
final class SnapshotWatch {

  /** At which a table is warned of: a day's seals at one a minute are 1,440. */
  static final long MANY = 1_000;

  private static final Logger LOG = LoggerFactory.getLogger(SnapshotWatch.class);

  private final String catalog;
  private final Map<String, Long> counts = new ConcurrentSkipListMap<>();
  private final Map<String, Boolean> warned = new ConcurrentHashMap<>();

  SnapshotWatch(String catalog) {
    this.catalog = catalog;
  }

  /**
   * A table has so many by now. Warns once, and again only after they had been expired.
   *
   * @param table with its schema
   */
  void counted(String table, long count) {
    counts.put(table, count);
    if (count < MANY) {
      warned.remove(table);
    } else if (warned.put(table, true) == null) {
      LOG.warn(
          "{}: table {} has {} snapshots, and each seal adds one: every commit and every query reads their"
              + " list. duckspool expires none, see docs/targets/iceberg.md for who does",
          catalog,
          table,
          count);
    }
  }

  /** The counts as they were last looked at. */
  List<TableSnapshots> counts() {
    return counts.entrySet().stream()
        .map(entry -> new TableSnapshots(catalog, entry.getKey(), entry.getValue()))
        .toList();
  }
}
