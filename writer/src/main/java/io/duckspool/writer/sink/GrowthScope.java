package io.duckspool.writer.sink;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What names stand for, in a query or in a lambda. Used by one thread. */
final class GrowthScope {

  private final @Nullable GrowthScope outer;
  private final GrowthRows rows;
  private final Map<String, Growth> aliases = new HashMap<>();
  private final Map<String, Growth> parameters = new HashMap<>();

  /**
   * A scope in another one.
   *
   * @param outer whose names are seen, too
   * @param rows whose columns are seen
   */
  GrowthScope(@Nullable GrowthScope outer, GrowthRows rows) {
    this.outer = outer;
    this.rows = rows;
  }

  static String key(String name) {
    return name.toLowerCase(Locale.ROOT);
  }

  /** Columns that {@code COLUMNS(*)} may stand for. */
  double columns() {
    double columns = 1;
    for (GrowthScope scope = this; scope != null; scope = scope.outer) {
      columns = Math.max(columns, scope.rows.columns());
    }
    return columns;
  }

  /** Names a column of the SELECT, which others of it and its conditions may use. */
  void alias(String name, Growth growth) {
    aliases.merge(name, growth, Growth::or);
  }

  void parameter(String name, Growth growth) {
    parameters.put(name, growth);
  }

  /** What a column reference stands for: the largest that it may. */
  Growth of(JsonNode names) {
    Growth growth = Growth.ONE;
    for (int i = 0; i < names.size(); i++) {
      String name = key(names.path(i).asText(""));
      boolean isLast = i == names.size() - 1;
      for (GrowthScope scope = this; scope != null; scope = scope.outer) {
        Growth parameter = scope.parameters.get(name);
        if (parameter != null) {
          return parameter;
        }
        growth = growth.or(scope.here(name, isLast));
      }
    }
    return growth;
  }

  private Growth here(String name, boolean isLast) {
    Growth growth = rows.others();
    growth = growth.or(rows.named().getOrDefault(name, Growth.ONE));
    growth = growth.or(aliases.getOrDefault(name, Growth.ONE));
    return isLast ? growth.or(rows.relations().getOrDefault(name, Growth.ONE)) : growth;
  }

  /** The largest of all that has no name here: stars, columns by their position, elements. */
  Growth largest() {
    Growth growth = Growth.ONE;
    for (GrowthScope scope = this; scope != null; scope = scope.outer) {
      growth = growth.or(scope.rows.largest());
      for (Growth alias : scope.aliases.values()) {
        growth = growth.or(alias);
      }
    }
    return growth;
  }
}
