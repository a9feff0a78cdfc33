package io.duckspool.deploy.harness;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.writer.servers.IcebergRig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.TreeMap;

/** A schema of an Iceberg catalog. The ledger is that of the table that is farthest. */
public final class IcebergView implements TargetView {
  private static final String LEDGER_END = ".ledger";
  private static final String PREFIX = "duckspool.";

  private final IcebergRig rig;
  private final String schema;

  /** A schema that the server makes. */
  public IcebergView(IcebergRig rig, String schema) {
    this.rig = rig;
    this.schema = schema;
  }

  /** Its seals are kept, too, so that they can be held against the snapshots. */
  @Override
  public Map<String, String> variables() {
    Map<String, String> variables = new TreeMap<>(rig.environment());
    variables.put("DUCKSPOOL_WRITER_PROVENANCE", "true");
    return variables;
  }

  @Override
  public Map<String, String> parameters() {
    return Map.of("catalog", IcebergRig.CATALOG, "schema", schema);
  }

  @Override
  public String qualifier() {
    return IcebergRig.CATALOG + "." + schema + ".";
  }

  @Override
  public Connection open(Outside outside) throws SQLException {
    Connection connection = rig.open(schema);
    try (Statement statement = connection.createStatement()) {
      statement.execute("USE memory.main");
      for (OtlpTable table : OtlpTable.values()) {
        view(statement, table.tableName());
      }
      view(statement, "duckspool_seals");
      statement.execute(
          "CREATE TABLE duckspool_ledger (spool_id VARCHAR, next_index BIGINT, seals BIGINT)");
      for (Map.Entry<String, JsonNode> row : ledgerRows().entrySet()) {
        statement.execute(
            "INSERT INTO duckspool_ledger VALUES ('%s', %d, %d)"
                .formatted(
                    row.getKey(), index(row.getValue()), row.getValue().path("seals").asLong()));
      }
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    } catch (IOException e) {
      connection.close();
      throw new UncheckedIOException(e);
    }
  }

  private void view(Statement statement, String table) throws SQLException {
    statement.execute("CREATE VIEW " + table + " AS SELECT * FROM " + qualifier() + table);
  }

  /** By spool, the row that has most seals. */
  private Map<String, JsonNode> ledgerRows() throws IOException {
    Map<String, JsonNode> rows = new TreeMap<>();
    ObjectMapper json = new ObjectMapper();
    for (OtlpTable table : OtlpTable.values()) {
      for (Map.Entry<String, String> property :
          rig.properties(schema, table.tableName()).entrySet()) {
        String name = property.getKey();
        if (name.startsWith(PREFIX) && name.endsWith(LEDGER_END)) {
          String spool = name.substring(PREFIX.length(), name.length() - LEDGER_END.length());
          JsonNode row = json.readTree(property.getValue());
          rows.merge(
              spool,
              row,
              (one, other) ->
                  one.path("seals").asLong() < other.path("seals").asLong() ? other : one);
        }
      }
    }
    return rows;
  }

  private static long index(JsonNode row) {
    String[] parts = row.path("next_index").asText().split("-");
    return Long.parseLong(parts[0]) << 32 | Long.parseLong(parts[1]);
  }
}
