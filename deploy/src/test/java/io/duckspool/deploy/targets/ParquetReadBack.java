package io.duckspool.deploy.targets;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.deploy.harness.Tables;
import io.duckspool.writer.servers.Python;
import io.duckspool.writer.servers.S3Server;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** pyarrow, which shares no code with DuckDB, reads a Parquet root by its partitions. */
final class ParquetReadBack implements ReadBack {
  /** Writes what it reads of each table to one file, its types with it. */
  private static final String SCRIPT =
      """
      import sys
      import pyarrow.dataset as ds, pyarrow.fs as fs, pyarrow.parquet as pq

      root, out, tables, *s3 = sys.argv[1:]
      places = fs.LocalFileSystem()
      if s3:
          endpoint, key, secret, region = s3
          places = fs.S3FileSystem(access_key=key, secret_key=secret, region=region,
                                   endpoint_override=endpoint, scheme="http")
      for table in tables.split(","):
          files = ds.dataset(f"{root}/{table}", partitioning="hive", format="parquet",
                             filesystem=places)
          pq.write_table(files.to_table(), f"{out}/{table}.parquet")
      """;

  private final String root;
  private final Optional<S3Server> store;

  private ParquetReadBack(String root, Optional<S3Server> store) {
    this.root = root;
    this.store = store;
  }

  static ParquetReadBack in(Path root) {
    return new ParquetReadBack(root.toString(), Optional.empty());
  }

  /**
   * @param root bucket and prefix
   */
  static ParquetReadBack in(S3Server store, String root) {
    return new ParquetReadBack(root, Optional.of(store));
  }

  @Override
  public Optional<Connection> read(Path folder) throws Exception {
    List<String> arguments =
        new ArrayList<>(List.of(root, folder.toString(), String.join(",", Tables.signalTables())));
    store.ifPresent(
        server ->
            arguments.addAll(
                List.of(server.endpoint(), S3Server.KEY_ID, S3Server.SECRET, S3Server.REGION)));
    Python.run(folder, SCRIPT, arguments.toArray(String[]::new));
    Connection connection = DriverManager.getConnection("jdbc:duckdb:");
    try (Statement statement = connection.createStatement()) {
      for (OtlpTable table : OtlpTable.values()) {
        String file = "'" + folder.resolve(table.tableName() + ".parquet") + "'";
        assertDays(connection, table, file);
        statement.execute(
            "CREATE VIEW %s AS SELECT * EXCLUDE (year, month, day) FROM %s"
                .formatted(table.tableName(), file));
      }
      return Optional.of(connection);
    } catch (SQLException | AssertionError e) {
      connection.close();
      throw e;
    }
  }

  /** The partition, as pyarrow has it from the folders, is the day of each row. */
  private static void assertDays(Connection connection, OtlpTable table, String file)
      throws SQLException {
    String time =
        switch (table) {
          case LOGS -> "coalesce(time_unix_nano, observed_time_unix_nano)";
          case TRACES -> "start_time_unix_nano";
          default -> "time_unix_nano";
        };
    assertEquals(
        0,
        Tables.number(
            connection,
            "SELECT count(*) FROM %s WHERE make_date(year, month, day) IS DISTINCT FROM %s::DATE"
                .formatted(file, time)),
        table::tableName);
    assertEquals(
        ItemParts.DAYS,
        Tables.number(
            connection, "SELECT count(DISTINCT make_date(year, month, day)) FROM " + file),
        table::tableName);
  }
}
