package io.duckspool.writer.sink;

import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.writer.batch.Column;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The schema and tables of a target: creates what is missing, where that is allowed, and checks
 * what is there by column name and type. Names are compared as DuckDB compares them, without regard
 * to case.
 *
 * <p>It looks at each table by its name. DuckDB's lists of tables, schemas and columns ask every
 * attached catalog, and fail for all while one of them is away.
 */
final class TargetTables {

  private final String catalog;
  private final Target target;

  TargetTables(String catalog, Target target) {
    this.catalog = catalog;
    this.target = target;
  }

  /**
   * Runs in the session's transaction; a refusal leaves it to the caller to roll back.
   *
   * @throws SinkException.Refused with all that is wrong
   */
  void prepare(Session session) throws SQLException, SinkException {
    prepareSchema(session);
    List<String> problems = new ArrayList<>();
    for (TableDefinition table : TableDefinition.all(target.provenance(), target.promoted())) {
      prepareTable(session, table, problems);
    }
    if (!problems.isEmpty()) {
      throw new SinkException.Refused(String.join("; ", problems));
    }
  }

  /** What stands where a table is looked for. */
  enum Presence {
    TABLE,
    VIEW,
    NOTHING,
    NO_SCHEMA
  }

  /** True when the target has this table. */
  boolean exists(Session session, TableDefinition table) throws SQLException {
    return presence(session, table) == Presence.TABLE;
  }

  private Presence presence(Session session, TableDefinition table) throws SQLException {
    return presence(session, table.name());
  }

  /** Asks by the name alone: a list of all names would ask every catalog, one that is away, too. */
  Presence presence(Session session, String table) throws SQLException {
    try {
      // Only tables have it.
      List<Integer> none =
          session.query(row -> 1, "SELECT rowid FROM " + qualified(table) + " LIMIT 0");
      return none.isEmpty() ? Presence.TABLE : Presence.VIEW;
    } catch (SQLException e) {
      return DuckDbErrors.presenceOf(e).orElseThrow(() -> e);
    }
  }

  /** The columns of a table of rows that take no NULL, or have a value of their own. */
  List<String> columnsWithRules(Session session, OtlpTable table) throws SQLException {
    return columns(session, TableDefinition.of(table, target.promoted())).stream()
        .filter(column -> !column.nullable() || column.hasDefault())
        .map(ColumnCheck.Found::name)
        .toList();
  }

  String qualified(TableDefinition table) {
    return qualified(table.name());
  }

  String qualified(String table) {
    return Identifiers.qualified(catalog, target.schema(), table);
  }

  /**
   * Makes the schema where that is allowed, in the session's transaction.
   *
   * @throws SinkException.Refused it isn't there, and must not be made
   */
  void prepareSchema(Session session) throws SQLException, SinkException {
    if (target.createTables()) {
      session.execute("CREATE SCHEMA IF NOT EXISTS " + qualifiedSchema());
    } else if (presence(session, TableDefinition.LEDGER) == Presence.NO_SCHEMA) {
      throw new SinkException.Refused(
          "schema "
              + target.schema()
              + " does not exist in catalog "
              + catalog
              + ", and create_tables is false");
    }
  }

  private void prepareTable(Session session, TableDefinition table, List<String> problems)
      throws SQLException {
    switch (presence(session, table)) {
      case TABLE -> checkColumns(session, table, problems);
      case VIEW -> problems.add(name(table) + " is a view, expected a table");
      case NOTHING, NO_SCHEMA -> {
        if (target.createTables()) {
          session.execute(Ddl.createTable(qualifiedSchema(), table));
        } else {
          problems.add(name(table) + " does not exist, and create_tables is false");
        }
      }
    }
  }

  private void checkColumns(Session session, TableDefinition table, List<String> problems)
      throws SQLException {
    ColumnCheck check = ColumnCheck.of(name(table), table, columns(session, table));
    problems.addAll(check.problems());
    for (Column column : check.missingPromoted()) {
      if (target.createTables()) {
        session.execute(Ddl.addColumn(qualified(table), column));
      } else {
        problems.add(ColumnCheck.missing(name(table), column));
      }
    }
  }

  private List<ColumnCheck.Found> columns(Session session, TableDefinition table)
      throws SQLException {
    return session.query(
        row ->
            new ColumnCheck.Found(
                row.getString(1),
                row.getString(2),
                "YES".equals(row.getString(3)),
                isDefault(row.getString(5))),
        "DESCRIBE " + qualified(table));
  }

  /** A lake says NULL where a column has none. */
  private static boolean isDefault(@Nullable String text) {
    return text != null && !text.equalsIgnoreCase("NULL");
  }

  private String qualifiedSchema() {
    return Identifiers.quote(catalog) + "." + Identifiers.quote(target.schema());
  }

  private String name(TableDefinition table) {
    return "table " + target.schema() + "." + table.name();
  }
}
