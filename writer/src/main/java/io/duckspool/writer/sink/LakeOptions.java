package io.duckspool.writer.sink;

import java.util.List;
import java.util.Optional;

/**
 * The options of a lake at one moment, each for the whole lake, a schema or a table.
 *
 * @param all in no order
 */
record LakeOptions(List<Option> all) {

  private static final String LAKE = "GLOBAL";
  private static final String SCHEMA = "SCHEMA";
  private static final String TABLE = "TABLE";

  LakeOptions {
    all = List.copyOf(all);
  }

  /**
   * One option.
   *
   * @param scope as DuckLake calls it
   * @param entry the schema, or the schema and the table with a dot between
   */
  record Option(String name, String value, String scope, String entry) {}

  /** As it is set for the whole lake. */
  Optional<String> ofLake(String name) {
    return find(name, LAKE, "");
  }

  /** As it is set for a table itself. */
  Optional<String> ofTable(String name, String schema, String table) {
    return find(name, TABLE, schema + "." + table);
  }

  /** As it holds for a table: its own, else its schema's, else the lake's. */
  Optional<String> effective(String name, String schema, String table) {
    return ofTable(name, schema, table).or(() -> find(name, SCHEMA, schema)).or(() -> ofLake(name));
  }

  private Optional<String> find(String name, String scope, String entry) {
    return all.stream()
        .filter(
            option ->
                option.name().equals(name)
                    && option.scope().equals(scope)
                    && option.entry().equalsIgnoreCase(entry))
        .map(Option::value)
        .findFirst();
  }
}
