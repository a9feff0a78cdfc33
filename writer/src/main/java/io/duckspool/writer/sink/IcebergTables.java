package io.duckspool.writer.sink;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.duckspool.writer.batch.Column;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.StringJoiner;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The schema and tables of a target in an Iceberg catalog, and their properties.
 *
 * <p>DuckDB remembers for good that a schema isn't there, once it looked for a table in it; so the
 * schema is asked for in a way that it doesn't remember, and first. Where it remembers all the
 * same, because the schema came later or the catalog gave a wrong answer once, {@link
 * IcebergErrors#isSchemaForgotten} tells, and the catalog has to be attached anew.
 *
 * <p>What it finds of a table, DuckDB keeps as long as the transaction lasts, and no longer: a
 * query is prepared and run in one. Used under the catalog's commit lock, but for {@link
 * #properties}.
 */
final class IcebergTables {

  private static final Logger LOG = LoggerFactory.getLogger(IcebergTables.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final String catalog;
  private final Target target;
  private final SnapshotWatch snapshots;

  /** Tables whose catalog adds no columns: they go without those of promoted attributes. */
  private final Map<String, Set<String>> withoutPromoted = new HashMap<>();

  IcebergTables(String catalog, Target target, SnapshotWatch snapshots) {
    this.catalog = catalog;
    this.target = target;
    this.snapshots = snapshots;
  }

  /** All tables of the target; the ledger is none. */
  List<TableDefinition> all() {
    return TableDefinition.allWithoutLedger(target.provenance(), target.promoted());
  }

  String qualified(String table) {
    return Identifiers.qualified(catalog, target.schema(), table);
  }

  /** The quoted names of the columns that rows of a table are inserted into, with commas. */
  String columnList(TableDefinition table) {
    Set<String> without = withoutPromoted.getOrDefault(table.name(), Set.of());
    List<Column> columns =
        table.columns().stream().filter(column -> !without.contains(column.name())).toList();
    return new TableDefinition(table.name(), columns).columnList();
  }

  /**
   * Makes what is missing, where that is allowed, and checks the rest. Each statement is a
   * transaction of its own: a catalog makes tables one by one anyway. Repeatable.
   *
   * @throws SinkException.Refused with all that is wrong
   */
  void prepare(Session session) throws SQLException, SinkException {
    if (target.schema().indexOf('"') >= 0) {
      // It takes quotes off a name that has been taken out of its quotes before.
      throw new SinkException.Refused(
          "schema "
              + target.schema()
              + ": a name with a double quote can't be used in Iceberg catalog "
              + catalog
              + ", DuckDB's extension takes the quote off");
    }
    if (!schemaExists(session)) {
      if (!target.createTables()) {
        throw new SinkException.Refused(
            "schema "
                + target.schema()
                + " does not exist in catalog "
                + catalog
                + ", and create_tables is false");
      }
      session.execute("CREATE SCHEMA IF NOT EXISTS " + qualifiedSchema());
    }
    List<String> problems = new ArrayList<>();
    for (TableDefinition table : all()) {
      prepareTable(session, table, problems);
    }
    if (!problems.isEmpty()) {
      throw new SinkException.Refused(String.join("; ", problems));
    }
  }

  /** The properties of all tables, as the session's transaction sees them; each must be there. */
  Map<String, Map<String, String>> properties(Session session) throws SQLException {
    Map<String, Map<String, String>> properties = new LinkedHashMap<>();
    for (TableDefinition table : all()) {
      properties.put(table.name(), properties(session, table.name()));
    }
    return properties;
  }

  /** The same where a table that isn't there has none, and no table is there without the schema. */
  Map<String, Map<String, String>> propertiesOfThosePresent(Session session) throws SQLException {
    Map<String, Map<String, String>> properties = new LinkedHashMap<>();
    if (schemaExists(session)) {
      for (TableDefinition table : all()) {
        try {
          properties.put(table.name(), properties(session, table.name()));
        } catch (SQLException e) {
          if (!IcebergErrors.isTableMissing(e)) {
            throw e;
          }
          properties.put(table.name(), Map.of());
        }
      }
    }
    return properties;
  }

  private Map<String, String> properties(Session session, String table) throws SQLException {
    Map<String, String> properties = new HashMap<>();
    session
        .query(
            row -> Map.entry(row.getString(1), row.getString(2)),
            "SELECT key, value FROM iceberg_table_properties(" + literal(table) + ")")
        .forEach(entry -> properties.put(entry.getKey(), entry.getValue()));
    return properties;
  }

  /** Sets properties of a table, in the session's transaction if there is one. */
  void set(Session session, String table, Map<String, String> properties) throws SQLException {
    StringJoiner map = new StringJoiner(", ", "MAP {", "}");
    properties.forEach(
        (key, value) -> map.add(Identifiers.literal(key) + ": " + Identifiers.literal(value)));
    session.execute("CALL set_iceberg_table_properties(" + literal(table) + ", " + map + ")");
  }

  /** Removes properties of a table, in the session's transaction if there is one. */
  void remove(Session session, String table, Iterable<String> keys) throws SQLException {
    for (String key : keys) {
      // One by one: of a longer list DuckDB 1.5.5 removes the first, as often as the list is long.
      session.execute(
          "CALL remove_iceberg_table_properties("
              + literal(table)
              + ", ["
              + Identifiers.literal(key)
              + "])");
    }
  }

  /** Looks how many snapshots a table has by now. */
  void countSnapshots(Session session, String table) throws SQLException {
    session
        .queryOne(
            row -> row.getLong(1), "SELECT count(*) FROM iceberg_snapshots(" + literal(table) + ")")
        .ifPresent(count -> snapshots.counted(target.schema() + "." + table, count));
  }

  private boolean schemaExists(Session session) throws SQLException {
    try {
      session.query(
          row -> 1,
          "SELECT 1 FROM iceberg_schema_properties("
              + Identifiers.literal(qualifiedSchema())
              + ") LIMIT 1");
      return true;
    } catch (SQLException e) {
      if (IcebergErrors.isSchemaMissing(e)) {
        return false;
      }
      if (IcebergErrors.isNotOffered(e)) {
        return true; // Such a catalog says when a table is asked for.
      }
      throw e;
    }
  }

  private void prepareTable(Session session, TableDefinition table, List<String> problems)
      throws SQLException {
    if (target.createTables()) {
      // To ask first would take longer: of what isn't there, DuckDB looks for similar names.
      session.execute(Ddl.createTable(qualifiedSchema(), table));
    }
    session.begin();
    Optional<List<ColumnCheck.Found>> columns = columns(session, table.name());
    session.commit();
    if (columns.isEmpty()) {
      problems.add(
          name(table.name())
              + " does not exist"
              + (target.createTables() ? "" : ", and create_tables is false"));
      return;
    }
    ColumnCheck check = ColumnCheck.of(name(table.name()), table, columns.get());
    problems.addAll(check.problems());
    withoutPromoted.remove(table.name());
    for (Column column : check.missingPromoted()) {
      if (target.createTables()) {
        addColumn(session, table, column);
      } else {
        problems.add(ColumnCheck.missing(name(table.name()), column));
      }
    }
  }

  private void addColumn(Session session, TableDefinition table, Column column)
      throws SQLException {
    try {
      session.execute(Ddl.addColumn(qualified(table.name()), column));
    } catch (SQLException e) {
      if (!IcebergErrors.isRefusedRequest(e)) {
        throw e;
      }
      withoutPromoted.computeIfAbsent(table.name(), name -> new HashSet<>()).add(column.name());
      LOG.warn(
          "{}.{}: the catalog adds no column {}, this promoted attribute is off for the table",
          catalog,
          name(table.name()),
          column.name(),
          e);
    }
  }

  /** The columns of a table; empty when it isn't there. */
  private Optional<List<ColumnCheck.Found>> columns(Session session, String table)
      throws SQLException {
    JsonNode metadata;
    try {
      metadata =
          JSON.readTree(
              session
                  .queryOne(
                      row -> row.getString(1),
                      "SELECT metadata::JSON::VARCHAR FROM iceberg_load_table_response("
                          + literal(table)
                          + ")")
                  .orElseThrow());
    } catch (SQLException e) {
      if (IcebergErrors.isTableMissing(e)) {
        return Optional.empty();
      }
      throw e;
    } catch (JsonProcessingException e) {
      throw new SQLException(name(table) + ": its metadata can't be read: " + e.getMessage(), e);
    }
    snapshots.counted(target.schema() + "." + table, metadata.path("snapshots").size());
    Set<String> required = required(metadata);
    return Optional.of(
        session.query(
            row ->
                new ColumnCheck.Found(
                    row.getString(1),
                    row.getString(2),
                    !required.contains(row.getString(1)),
                    false),
            "SELECT column_name, column_type FROM (DESCRIBE " + qualified(table) + ")"));
  }

  /** Columns that a row must have a value for: DuckDB doesn't say which. */
  private static Set<String> required(JsonNode metadata) {
    int current = metadata.path("current-schema-id").asInt();
    Set<String> required = new HashSet<>();
    for (JsonNode schema : metadata.path("schemas")) {
      if (schema.path("schema-id").asInt() == current) {
        for (JsonNode field : schema.path("fields")) {
          if (field.path("required").asBoolean() && !field.has("write-default")) {
            required.add(field.path("name").asText());
          }
        }
      }
    }
    return required;
  }

  private String literal(String table) {
    return Identifiers.literal(qualified(table));
  }

  private String qualifiedSchema() {
    return Identifiers.quote(catalog) + "." + Identifiers.quote(target.schema());
  }

  private String name(String table) {
    return "table " + target.schema() + "." + table;
  }
}
