package io.duckspool.writer.sink;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.duckspool.writer.sink.ParseTree.TableName;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Decides whether a statement may run: exactly one SELECT, by DuckDB's own parser, that calls only
 * listed functions and reads only tables and views of the attached databases. A view is followed
 * into its definition. Used by one thread, in the transaction that runs the statement: what was
 * checked is what is read.
 *
 * <p>It is one of two walls. The other is {@link Confinement}, which holds whatever gets through
 * here; this one keeps out what files are not needed for: settings, secrets, text that runs as SQL,
 * what wears the process out.
 */
final class StatementCheck {

  /** Characters of a statement. A guess: more than anybody types, and parsed in no time. */
  static final int MAX_SQL_CHARS = 65_536;

  /**
   * Levels of the parse tree, of which an expression takes two. DuckDB plans by recursion, and
   * beyond some thousand levels for minutes.
   */
  static final int MAX_TREE_DEPTH = 400;

  private static final SqlFunctions FUNCTIONS = SqlFunctions.load();

  private static final ObjectMapper MAPPER =
      new ObjectMapper(
          JsonFactory.builder()
              .streamReadConstraints(
                  StreamReadConstraints.builder().maxNestingDepth(MAX_TREE_DEPTH).build())
              .build());

  private static final String NOT_ONE_SELECT =
      "only a single SELECT statement is accepted (also WITH, VALUES, FROM, DESCRIBE, SUMMARIZE,"
          + " SHOW TABLES, and EXPLAIN of a SELECT)";

  private static final Pattern EXPLAIN =
      Pattern.compile(
          "\\s*EXPLAIN(\\s+ANALYZE)?\\s+(.*)", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

  /** A name that no file can be read by: replacement scans want a dot in it. */
  private static final Pattern PLAIN_NAME = Pattern.compile("[\\p{L}_][\\p{L}\\p{N}_$ -]*");

  private static final String NAME = "(?:\"(?:[^\"]|\"\")*+\"|[^\\s\".,()]++)";

  /** What {@code duckdb_views()} has as text: DuckDB writes it, in this one form. */
  private static final Pattern CREATE_VIEW =
      Pattern.compile(
          "CREATE VIEW "
              + NAME
              + "(?:\\."
              + NAME
              + ")*+(?: ?\\("
              + NAME
              + "(?:, ?"
              + NAME
              + ")*+\\))?+ AS (.+)",
          Pattern.DOTALL);

  /** Views of DuckDB itself that show names and types, and neither paths nor settings. */
  private static final Set<String> SYSTEM_VIEWS =
      Set.of(
          "main.duckdb_columns",
          "main.duckdb_schemas",
          "main.duckdb_tables",
          "information_schema.columns",
          "information_schema.schemata",
          "information_schema.tables");

  private final Session session;
  private final Set<String> parquetRoots;
  private final ParseTree tree = new ParseTree(FUNCTIONS);

  private StatementCheck(Session session, Set<String> parquetRoots) {
    this.session = session;
    this.parquetRoots = parquetRoots;
  }

  /** A table or view that has a name asked for; views of DuckDB itself are internal. */
  private record Found(
      String database, String schema, boolean isInternal, Optional<String> viewSql) {

    boolean matches(TableName name) {
      if (name.schema().isEmpty()) {
        return !isInternal || schema.equals("main") || schema.equals("pg_catalog");
      }
      boolean isSchema = schema.equalsIgnoreCase(name.schema());
      return name.catalog().isEmpty()
          ? isSchema || database.equalsIgnoreCase(name.schema())
          : isSchema && database.equalsIgnoreCase(name.catalog());
    }
  }

  /**
   * Checks a statement.
   *
   * @param session in the transaction in which it will run
   * @param parquetRoots whose files are read by views of ours
   * @return the text to run
   * @throws QueryException says what isn't accepted
   */
  static String check(Session session, Set<String> parquetRoots, String sql)
      throws SQLException, QueryException {
    if (sql.length() > MAX_SQL_CHARS) {
      throw new QueryException(
          "the statement must have at most " + MAX_SQL_CHARS + " characters, got " + sql.length());
    }
    if (sql.indexOf('\0') >= 0) {
      throw new QueryException("the statement must not contain U+0000");
    }
    StatementCheck check = new StatementCheck(session, parquetRoots);
    Matcher explain = EXPLAIN.matcher(sql);
    if (!explain.matches()) {
      check.checkSelect(sql);
      return sql;
    }
    // EXPLAIN can't be had as a tree; what it explains can, and is all that follows.
    check.checkSelect(explain.group(2));
    return "EXPLAIN " + (explain.group(1) == null ? "" : "ANALYZE ") + explain.group(2);
  }

  private void checkSelect(String sql) throws SQLException, QueryException {
    add(sql);
    Set<String> views = new HashSet<>();
    List<TableName> tables = tree.tables();
    for (int i = 0; i < tables.size(); i++) {
      for (Found found : checkTable(tables.get(i))) {
        String view = found.database() + "." + found.schema() + "." + tables.get(i).name();
        if (found.viewSql().isPresent() && views.add(view)) {
          addView(tables.get(i), found.viewSql().get());
          tables = tree.tables();
        }
      }
    }
    checkMacros();
  }

  private void add(String select) throws SQLException, QueryException {
    JsonNode statement = parse(select);
    tree.add(statement);
    GrowthBound.check(statement);
  }

  private JsonNode parse(String sql) throws SQLException, QueryException {
    String json =
        session
            .queryOne(
                row -> row.getString(1), "SELECT system.main.json_serialize_sql(?::VARCHAR)", sql)
            .orElseThrow(() -> new QueryException("the statement can't be parsed"));
    JsonNode parsed;
    try {
      parsed = MAPPER.readTree(json);
    } catch (StreamConstraintsException e) {
      throw new QueryException("the statement is nested too deeply", e);
    } catch (JsonProcessingException e) {
      throw new QueryException("the statement can't be parsed", e);
    }
    if (parsed.path("error").asBoolean(true)) {
      String message = parsed.path("error_message").asText("the statement can't be parsed");
      throw new QueryException(
          message.startsWith("Only SELECT statements")
              ? NOT_ONE_SELECT
              : "Parser Error: " + message);
    }
    JsonNode statements = parsed.path("statements");
    if (statements.size() != 1) {
      throw new QueryException(
          "the query must be one statement, got " + statements.size() + " statements");
    }
    return statements.path(0);
  }

  /** The tables and views that a name can stand for. */
  private List<Found> checkTable(TableName table) throws SQLException, QueryException {
    List<Found> found = new ArrayList<>();
    for (Found candidate : find(table.name())) {
      if (candidate.matches(table)) {
        String name = candidate.schema() + "." + table.name().toLowerCase(Locale.ROOT);
        if (candidate.isInternal() && !SYSTEM_VIEWS.contains(name)) {
          throw new QueryException("the system view " + name + " is not accepted");
        }
        found.add(candidate);
      }
    }
    boolean isPlain =
        PLAIN_NAME.matcher(table.name()).matches()
            && table.catalog().isEmpty()
            && (table.schema().isEmpty()
                || (table.schema().equals("recurring") && tree.isCommonTable(table.name())));
    // A plain name that isn't found is for DuckDB to complain about: it knows what is similar.
    if (found.isEmpty() && !isPlain) {
      throw new QueryException("there is no table or view " + table.text());
    }
    return found;
  }

  private List<Found> find(String name) throws SQLException {
    return session.query(
        row ->
            new Found(
                row.getString(1),
                row.getString(2),
                row.getBoolean(3),
                row.getBoolean(3) ? Optional.empty() : Optional.ofNullable(row.getString(4))),
        "SELECT database_name, schema_name, internal, NULL FROM system.main.duckdb_tables()"
            + " WHERE lower(table_name) = lower(?)"
            + " UNION ALL SELECT database_name, schema_name, internal, sql"
            + " FROM system.main.duckdb_views() WHERE lower(view_name) = lower(?)",
        name,
        name);
  }

  private void addView(TableName view, String sql) throws SQLException, QueryException {
    String select = selectOfView(sql);
    if (select.isEmpty()) {
      throw new QueryException("the view " + view.text() + " is not accepted: " + NOT_ONE_SELECT);
    }
    if (ParquetViews.isOver(session, parquetRoots, view.name(), select)) {
      return; // It reads files, as nothing else may, but only its own.
    }
    try {
      add(select);
    } catch (QueryException e) {
      throw new QueryException("the view " + view.text() + " is not accepted: " + e.reason(), e);
    }
  }

  /** What a view selects, of the statement that makes it; empty when that can't be told. */
  static String selectOfView(String sql) {
    Matcher create = CREATE_VIEW.matcher(sql);
    return create.matches() ? create.group(1).replaceFirst(";$", "") : "";
  }

  /** A macro of the database goes before DuckDB's function of its name. */
  private void checkMacros() throws SQLException, QueryException {
    for (String name :
        session.query(
            row -> row.getString(1),
            "SELECT DISTINCT lower(function_name) FROM system.main.duckdb_functions()"
                + " WHERE NOT internal")) {
      if (tree.calls().contains(name)) {
        throw new QueryException(
            "the function " + name + " is not accepted: the database has a macro of that name");
      }
    }
  }
}
