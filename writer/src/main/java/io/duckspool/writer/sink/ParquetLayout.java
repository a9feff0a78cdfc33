package io.duckspool.writer.sink;

import io.duckspool.common.otlp.OtlpTable;

/**
 * Names in a Parquet root.
 *
 * <pre>
 * &lt;root&gt;/
 *   _duckspool/
 *     format.json                    version of all that is here, see {@link CheckedJson}
 *     &lt;spool id&gt;.ledger.json         {@link ParquetLedger}
 *     &lt;spool id&gt;.intent.json         {@link SealIntent}, while a seal gives its files their places
 *     &lt;spool id&gt;.lock                in folders alone: whoever works on the files of that spool
 *   &lt;table&gt;/
 *     _schema.parquet-empty          the columns, no row: what a view has while there is no file
 *     year=2026/month=11/day=30/     UTC, by the row's time
 *       &lt;8 of the spool id&gt;-&lt;first&gt;-&lt;next&gt;-&lt;n&gt;.parquet
 * </pre>
 *
 * {@code first} and {@code next} are the seal's indices as BIGINT, {@code n} numbers its files,
 * from 0 on unless files of that spool were taken back. Readers that skip names with an underscore,
 * and those that look for {@code *.parquet}, see rows alone.
 */
final class ParquetLayout {

  static final String FOLDER = "_duckspool";
  static final String FORMAT = FOLDER + "/format.json";

  /** All data files of a table, and what has its columns; the latter sorts first. */
  private static final String FILES = "/**/*.parquet*";

  private static final int SPOOL_ID_CHARACTERS = 8;

  /** More files than a seal has. */
  private static final long NUMBERS_A_TAKE_BACK = 1_000_000;

  private ParquetLayout() {}

  static String schemaFile(OtlpTable table) {
    return table.tableName() + "/_schema.parquet-empty";
  }

  /** What a view reads. */
  static String glob(String location, OtlpTable table) {
    return location + "/" + table.tableName() + FILES;
  }

  /** Data files of all tables. */
  static String globOfAll(String location) {
    return location + "/*" + FILES;
  }

  /** The number of a seal's first file. */
  static long firstNumber(ParquetLedger before) {
    return before.takeBacks() * NUMBERS_A_TAKE_BACK;
  }

  /**
   * Name of a data file.
   *
   * @param partition its folder, such as {@code otlp_logs/year=2026/month=11/day=30}
   */
  static String dataFile(String partition, LedgerMove move, long number) {
    return partition
        + "/"
        + move.spoolId().substring(0, SPOOL_ID_CHARACTERS)
        + "-"
        + move.first().toLong()
        + "-"
        + move.next().next().toLong()
        + "-"
        + number
        + ".parquet";
  }
}
