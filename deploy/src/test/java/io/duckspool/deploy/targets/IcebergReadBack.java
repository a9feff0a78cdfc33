package io.duckspool.deploy.targets;

import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.deploy.harness.Tables;
import io.duckspool.writer.servers.IcebergRig;
import io.duckspool.writer.servers.Python;
import io.duckspool.writer.servers.S3Server;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;

/** pyiceberg, which shares no code with DuckDB, reads the tables of a schema. */
final class IcebergReadBack implements ReadBack {
  /** Writes what it reads of each table to one file, its types with it. */
  private static final String SCRIPT =
      """
      import sys
      import pyarrow.parquet as pq
      from pyiceberg.catalog import load_catalog

      uri, s3, key, secret, region, schema, out, tables = sys.argv[1:]
      catalog = load_catalog("rest", type="rest", uri=uri, **{
          "py-io-impl": "pyiceberg.io.pyarrow.PyArrowFileIO", "s3.endpoint": s3,
          "s3.access-key-id": key, "s3.secret-access-key": secret, "s3.region": region,
          "s3.path-style-access": "true"})
      for table in tables.split(","):
          rows = catalog.load_table(f"{schema}.{table}").scan().to_arrow()
          pq.write_table(rows, f"{out}/{table}.parquet")
      """;

  private final IcebergRig rig;
  private final String schema;

  IcebergReadBack(IcebergRig rig, String schema) {
    this.rig = rig;
    this.schema = schema;
  }

  @Override
  public Optional<Connection> read(Path folder) throws Exception {
    Python.run(
        folder,
        SCRIPT,
        rig.server().endpoint(),
        rig.store().uri().toString(),
        S3Server.KEY_ID,
        S3Server.SECRET,
        S3Server.REGION,
        schema,
        folder.toString(),
        String.join(",", Tables.signalTables()));
    Connection connection = DriverManager.getConnection("jdbc:duckdb:");
    try (Statement statement = connection.createStatement()) {
      for (OtlpTable table : OtlpTable.values()) {
        statement.execute(
            "CREATE VIEW %s AS FROM '%s'"
                .formatted(table.tableName(), folder.resolve(table.tableName() + ".parquet")));
      }
      return Optional.of(connection);
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }
}
