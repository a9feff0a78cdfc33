package io.duckspool.writer.sink;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The views over the files of a Parquet root, in a schema of the default database. A view that is
 * over another root, or whose name something else has, is never replaced. Used by one thread.
 */
final class ParquetViews {

  /** The literal with the pattern of files that a view of ours reads. */
  private static final Pattern FILES =
      Pattern.compile("'((?:[^']|'')+)/[a-z_*]+/\\*\\*/\\*\\.parquet\\*'");

  private final Target target;
  private final String location;
  private final String catalog;
  private final TargetTables names;

  /**
   * @param catalog name of the default database
   */
  ParquetViews(String catalog, Target target, String location) {
    this.target = target;
    this.location = location;
    this.catalog = catalog;
    this.names = new TargetTables(catalog, target);
  }

  /** What a view is made with, and what stands in its way. */
  private final class Plan {
    private final List<String> statements = new ArrayList<>();
    private final Map<String, List<String>> conflicts = new LinkedHashMap<>();
    private final List<String> problems = new ArrayList<>();

    void add(Session session, String name, String select) throws SQLException {
      String state = " does not exist";
      // By its text: to look into a view fails while its files are away.
      Optional<String> present = select(session, name);
      if (present.isPresent()) {
        String root = root(present.get()).orElse("");
        if (!root.equals(location)) {
          conflict(root.isEmpty() ? "views of something else" : "views over " + root, name);
          return;
        }
        if (present.get().equals(normalized(session, select))) {
          return;
        }
        state = " is not as `duckspool ddl` has it";
      } else if (names.presence(session, name) == TargetTables.Presence.TABLE) {
        conflict("tables", name);
        return;
      }
      if (target.createTables()) {
        statements.add(ParquetStatements.createView(names.qualified(name), select));
      } else {
        problems.add(
            "view " + target.schema() + "." + name + state + ", and create_tables is false");
      }
    }

    private void conflict(String what, String name) {
      conflicts.computeIfAbsent(what, key -> new ArrayList<>()).add(name);
    }

    List<String> statements() throws SinkException {
      if (!conflicts.isEmpty()) {
        throw SinkException.Refused.conflict(taken(conflicts));
      }
      if (!problems.isEmpty()) {
        throw new SinkException.Refused(String.join("; ", problems));
      }
      return statements;
    }
  }

  /**
   * Refuses what can't be done, and does nothing.
   *
   * @throws SinkException.Refused names are taken, or views are missing that this must not make
   */
  void check(Session session) throws SQLException, SinkException {
    List<String> unused = statements(session);
  }

  /** Makes what is missing, in the session's transaction; the files must be there. */
  void make(Session session) throws SQLException, SinkException {
    names.prepareSchema(session);
    for (String statement : statements(session)) {
      session.execute(statement);
    }
  }

  private List<String> statements(Session session) throws SQLException, SinkException {
    Plan plan = new Plan();
    for (Map.Entry<String, String> view :
        ParquetStatements.views(location, target.provenance()).entrySet()) {
      plan.add(session, view.getKey(), view.getValue());
    }
    return plan.statements();
  }

  private String taken(Map<String, List<String>> conflicts) {
    StringJoiner text = new StringJoiner("; ");
    conflicts.forEach((what, names) -> text.add(String.join(", ", names) + " are " + what));
    return "the views over "
        + location
        + " can't be in schema "
        + target.schema()
        + " of the default database, where "
        + text
        + ": give another schema";
  }

  /**
   * Whether a view reads Parquet files of a root in the way that ours do, and nothing else.
   *
   * @param name of the view, in any case
   * @param select what it selects, as DuckDB prints it
   */
  static boolean isOver(Session session, Collection<String> roots, String name, String select)
      throws SQLException {
    Optional<String> root = root(select);
    if (root.isEmpty() || !roots.contains(root.get())) {
      return false;
    }
    for (Map.Entry<String, String> view : ParquetStatements.views(root.get(), true).entrySet()) {
      if (view.getKey().equalsIgnoreCase(name)) {
        return normalized(session, view.getValue()).equals(select);
      }
    }
    return false;
  }

  private static Optional<String> root(String select) {
    Matcher files = FILES.matcher(select);
    return files.find() ? Optional.of(files.group(1).replace("''", "'")) : Optional.empty();
  }

  /** A statement as DuckDB prints it. */
  private static String normalized(Session session, String select) throws SQLException {
    return session
        .queryOne(
            row -> row.getString(1),
            "SELECT system.main.json_deserialize_sql("
                + "system.main.json_serialize_sql(?::VARCHAR))",
            select)
        .orElseThrow();
  }

  /** What a view selects; empty when there is none of that name. */
  private Optional<String> select(Session session, String name) throws SQLException {
    return session
        .queryOne(
            row -> row.getString(1),
            "SELECT sql FROM duckdb_views() WHERE database_name = ?"
                + " AND lower(schema_name) = lower(?) AND lower(view_name) = lower(?)",
            catalog,
            target.schema(),
            name)
        .map(StatementCheck::selectOfView);
  }
}
