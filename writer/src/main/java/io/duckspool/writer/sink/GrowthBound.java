package io.duckspool.writer.sink;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Bounds what one row of a statement can grow to, from its parse tree alone. While DuckDB works on
 * one vector it can't be interrupted, and it counts the text it makes there against no limit: a
 * {@code replace} in a {@code replace}, or ten aliases of which each uses the one before twice,
 * take all memory of the process.
 *
 * <p>Sizes are in units of what a column holds. They are an upper bound: what isn't known to be
 * small counts as the sum of its parts. What a statement gathers from many rows isn't bounded here:
 * that is in buffers which DuckDB counts. Used by one thread, for one statement.
 */
final class GrowthBound {

  /**
   * Units in a row: 64 MiB of text in one of DuckDB's vectors when a column holds 16 characters.
   */
  static final int MAX_ROW_UNITS = 2_000;

  /** Expressions, with each alias replaced by what it stands for. */
  static final int MAX_EXPRESSIONS = 50_000;

  /** Columns of a query, with each star replaced by what it stands for. */
  static final int MAX_COLUMNS = 5_000;

  /** A guess, for tables: ours have at most 27. */
  private static final int TABLE_COLUMNS = 30;

  /** What a recursion may start from again: it has grown, and DuckDB has counted it. */
  private static final double RECURSION_UNITS = 50;

  private static final int CHARS_PER_UNIT = 16;

  /** Elements of lists weigh less than text: DuckDB counts their memory. */
  private static final double NUMBERS_PER_UNIT = 10;

  /** Widths in a format have up to three digits. */
  private static final double FORMAT_UNITS = 1000.0 / CHARS_PER_UNIT;

  /** Kinds of expressions that are true or false. */
  private static final Set<String> TESTS = Set.of("BETWEEN", "COMPARISON", "CONJUNCTION");

  private static final Set<String> TESTING_OPERATORS =
      Set.of(
          "COMPARE_IN",
          "COMPARE_NOT_IN",
          "OPERATOR_IS_NULL",
          "OPERATOR_IS_NOT_NULL",
          "OPERATOR_NOT");

  private static final Set<String> QUERIES =
      Set.of("SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE");

  private final Map<String, Rows> commonTables = new HashMap<>();

  /**
   * What an expression makes.
   *
   * @param units of its value
   * @param expressions it is made of
   */
  private record Growth(double units, double expressions) {

    static final Growth ONE = new Growth(1, 1);

    Growth and(Growth other, double ofUnits) {
      return new Growth(ofUnits, expressions + other.expressions);
    }

    Growth plus(Growth other) {
      return and(other, units + other.units);
    }

    Growth times(Growth other) {
      return and(other, Math.max(1, units) * Math.max(1, other.units));
    }

    Growth max(Growth other) {
      return and(other, Math.max(units, other.units));
    }

    Growth withUnits(double others) {
      return new Growth(others, expressions + 1);
    }
  }

  /**
   * What a query makes.
   *
   * @param units of the largest column
   */
  private record Rows(double units, double columns) {

    Rows beside(Rows other) {
      return new Rows(Math.max(units, other.units), columns + other.columns);
    }

    Rows or(Rows other) {
      return new Rows(Math.max(units, other.units), Math.max(columns, other.columns));
    }
  }

  /** What names stand for, in a query or in a lambda. */
  private static final class Scope {

    private final @Nullable Scope outer;
    private final double units;
    private final Map<String, Growth> aliases = new HashMap<>();
    private final Map<String, Growth> parameters = new HashMap<>();

    Scope(@Nullable Scope outer, double units) {
      this.outer = outer;
      this.units = outer == null ? units : Math.max(outer.units, units);
    }

    Growth of(JsonNode names) {
      Growth growth = new Growth(units, 1);
      for (JsonNode part : names) {
        String name = key(part.asText(""));
        for (Scope scope = this; scope != null; scope = scope.outer) {
          Growth parameter = scope.parameters.get(name);
          if (parameter != null) {
            return parameter;
          }
          Growth alias = scope.aliases.get(name);
          growth = alias == null ? growth : growth.max(alias);
        }
      }
      return growth;
    }
  }

  private GrowthBound() {}

  /**
   * Checks a statement.
   *
   * @throws QueryException it may grow beyond the bounds
   */
  static void check(JsonNode statement) throws QueryException {
    Rows unused = new GrowthBound().query(statement.path("node"), null);
  }

  private Rows query(JsonNode node, @Nullable Scope outer) throws QueryException {
    for (JsonNode entry : node.path("cte_map").path("map")) {
      String name = key(entry.path("key").asText(""));
      commonTables.put(name, query(entry.path("value").path("query").path("node"), outer));
    }
    switch (node.path("type").asText("")) {
      case "SELECT_NODE":
        return select(node, outer);
      case "RECURSIVE_CTE_NODE":
        String recursion = key(node.path("cte_name").asText(""));
        Rows start = query(node.path("left"), outer);
        commonTables.put(recursion, new Rows(start.units * RECURSION_UNITS, start.columns));
        return query(node.path("right"), outer).or(start);
      case "CTE_NODE":
        String name = key(node.path("cte_name").asText(""));
        commonTables.put(name, query(node.path("query"), outer));
        return query(node.path("child"), outer);
      default:
        Rows rows = new Rows(1, 0);
        for (JsonNode part : node) {
          rows = rows.or(anywhere(part, new Scope(outer, 1)));
        }
        return rows;
    }
  }

  private Rows select(JsonNode node, @Nullable Scope outer) throws QueryException {
    Rows from = from(node.path("from_table"), outer);
    Scope scope = new Scope(outer, from.units);
    double most = 1;
    double together = 0;
    double columns = 0;
    for (JsonNode item : node.path("select_list")) {
      Growth growth = expression(item, scope);
      most = Math.max(most, growth.units);
      together += growth.units - 1;
      columns += hasStar(item) ? from.columns : 1;
      require(new Growth(together, growth.expressions));
      String alias = key(item.path("alias").asText(""));
      if (!alias.isEmpty()) {
        scope.aliases.merge(alias, growth, Growth::max);
      }
    }
    requireAtMost(columns, MAX_COLUMNS, "columns");
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      if (!Set.of("select_list", "from_table", "cte_map").contains(field.getKey())) {
        Rows unused = anywhere(field.getValue(), scope);
      }
    }
    return new Rows(most, columns);
  }

  private Rows from(JsonNode item, @Nullable Scope outer) throws QueryException {
    Scope scope = new Scope(outer, 1);
    return switch (item.path("type").asText("")) {
      case "BASE_TABLE" ->
          commonTables.getOrDefault(
              key(item.path("table_name").asText("")), new Rows(1, TABLE_COLUMNS));
      case "JOIN" -> {
        Rows left = from(item.path("left"), outer);
        // A lateral join has the columns of its left side in its right one.
        Scope beside = new Scope(outer, left.units);
        Rows right = from(item.path("right"), beside);
        Rows unused = anywhere(item.path("condition"), beside);
        yield left.beside(right);
      }
      case "SUBQUERY" -> query(item.path("subquery").path("node"), outer);
      case "EMPTY" -> new Rows(1, 0);
      // Its rows come one after the other.
      case "TABLE_FUNCTION" ->
          anywhere(item.path("function").path("children"), scope)
              .beside(new Rows(1, TABLE_COLUMNS));
      case "PIVOT" -> from(item.path("source"), outer).beside(anywhere(item, scope));
      default -> anywhere(item, scope).beside(new Rows(1, TABLE_COLUMNS));
    };
  }

  /** What is somewhere below a node, whatever it is. */
  private Rows anywhere(JsonNode node, Scope scope) throws QueryException {
    if (node.path("class").isTextual()) {
      return new Rows(expression(node, scope).units, 1);
    }
    if (QUERIES.contains(node.path("type").asText(""))) {
      return query(node, scope);
    }
    Rows rows = new Rows(1, 0);
    for (JsonNode child : node) {
      rows = rows.or(anywhere(child, scope));
    }
    return rows;
  }

  private Growth expression(JsonNode node, Scope scope) throws QueryException {
    Growth growth = unbounded(node, scope);
    require(growth);
    return growth;
  }

  private Growth unbounded(JsonNode node, Scope scope) throws QueryException {
    String kind = node.path("class").asText("");
    if (TESTS.contains(kind) || TESTING_OPERATORS.contains(node.path("type").asText(""))) {
      return sum(node, scope).withUnits(1);
    }
    return switch (kind) {
      case "CONSTANT" -> constant(node);
      case "COLUMN_REF" -> scope.of(node.path("column_names"));
      case "SUBQUERY" -> {
        Growth child = sum(node.path("child"), scope);
        Rows rows = query(node.path("subquery").path("node"), scope);
        boolean isValue = node.path("subquery_type").asText("").equals("SCALAR");
        yield child.withUnits(isValue ? rows.units : 1);
      }
      case "CASE" -> largest(node, scope);
      case "CAST" -> cast(node, scope);
      case "LAMBDA" -> lambda(node, scope, new Growth(scope.units, 1));
      case "FUNCTION", "WINDOW" -> call(node, scope);
      default ->
          node.path("type").asText("").equals("OPERATOR_COALESCE")
              ? largest(node, scope)
              : sum(node, scope);
    };
  }

  private static Growth constant(JsonNode node) {
    int chars = node.path("value").path("value").asText("").length();
    return new Growth((chars + 1.0) / CHARS_PER_UNIT, 1);
  }

  /** Text spells bytes out, and escapes what is in lists. */
  private Growth cast(JsonNode node, Scope scope) throws QueryException {
    Growth child = expression(node.path("child"), scope);
    String type = node.path("cast_type").path("id").asText("");
    return child.withUnits(child.units * (Set.of("VARCHAR", "BLOB").contains(type) ? 2 : 1));
  }

  private Growth call(JsonNode node, Scope scope) throws QueryException {
    String name = key(node.path("function_name").asText(""));
    JsonNode arguments = node.path("children");
    if (GrowthRules.isReduction(name)) {
      return reduction(name, arguments, scope);
    }
    Growth sum = sum(node, scope);
    return switch (name) {
      case "repeat" -> sum.withUnits(units(arguments, 0, scope) * number(arguments, 1));
      case "lpad", "rpad" -> sum.withUnits(sum.units + number(arguments, 1) / CHARS_PER_UNIT);
      case "list_resize", "array_resize" ->
          sum.withUnits(
              sum.units + number(arguments, 1) / NUMBERS_PER_UNIT * units(arguments, 2, scope));
      case "range", "generate_series" -> sum.withUnits(series(arguments));
      case "format", "printf" -> sum.withUnits(sum.units + FORMAT_UNITS);
      case "equi_width_bins" -> sum.withUnits(number(arguments, 2) / NUMBERS_PER_UNIT);
      default -> {
        if (GrowthRules.isProduct(name)) {
          Growth product = Growth.ONE;
          for (JsonNode argument : arguments) {
            product = product.times(expression(argument, scope));
          }
          yield product;
        }
        yield sum.withUnits(sum.units * GrowthRules.factor(name));
      }
    };
  }

  private double units(JsonNode arguments, int index, Scope scope) throws QueryException {
    return arguments.has(index) ? expression(arguments.path(index), scope).units : 1;
  }

  /** A bounded argument, which is a constant. */
  private static double number(JsonNode arguments, int index) {
    return Math.abs(arguments.path(index).path("value").path("value").asDouble(0));
  }

  private static double series(JsonNode arguments) {
    double numbers = 0;
    for (int i = 0; i < Math.min(2, arguments.size()); i++) {
      numbers += number(arguments, i);
    }
    return Math.max(1, numbers / NUMBERS_PER_UNIT);
  }

  /** What a step makes of the value so far must not grow by more than it adds. */
  private Growth reduction(String name, JsonNode arguments, Scope scope) throws QueryException {
    Growth list = expression(arguments.path(0), scope);
    Growth initial = arguments.has(2) ? expression(arguments.path(2), scope) : Growth.ONE;
    Growth once = lambda(arguments.path(1), scope, Growth.ONE);
    Growth twice = lambda(arguments.path(1), scope, new Growth(2, 1));
    if (twice.units - once.units > 1) {
      throw new QueryException(
          "the function "
              + name
              + " is accepted only with a lambda that uses its first parameter once: it would grow"
              + " with each element");
    }
    return list.times(once).plus(initial);
  }

  /**
   * The body of a lambda.
   *
   * @param first what the first parameter stands for; the others stand for elements
   */
  private Growth lambda(JsonNode node, Scope scope, Growth first) throws QueryException {
    Scope inner = new Scope(scope, 1);
    JsonNode left = node.path("lhs");
    Growth value = first;
    if (left.path("class").asText("").equals("COLUMN_REF")) {
      inner.parameters.put(key(left.path("column_names").path(0).asText("")), value);
    }
    for (JsonNode parameter : left.path("children")) {
      inner.parameters.put(key(parameter.path("column_names").path(0).asText("")), value);
      value = new Growth(scope.units, 1);
    }
    return expression(node.path("expr"), inner);
  }

  /** The largest of what it is made of. */
  private Growth largest(JsonNode node, Scope scope) throws QueryException {
    Growth growth = Growth.ONE;
    for (JsonNode child : node) {
      growth = growth.max(child.isContainerNode() ? below(child, scope, true) : Growth.ONE);
    }
    return growth;
  }

  private Growth sum(JsonNode node, Scope scope) throws QueryException {
    Growth growth = new Growth(0, 1);
    for (JsonNode child : node) {
      growth = child.isContainerNode() ? growth.plus(below(child, scope, false)) : growth;
    }
    return growth.units < 1 ? new Growth(1, growth.expressions) : growth;
  }

  private Growth below(JsonNode node, Scope scope, boolean isLargest) throws QueryException {
    if (node.path("class").isTextual()) {
      return expression(node, scope);
    }
    if (QUERIES.contains(node.path("type").asText(""))) {
      return new Growth(query(node, scope).units, 1);
    }
    Growth growth = new Growth(0, 0);
    for (JsonNode child : node) {
      if (child.isContainerNode()) {
        Growth part = below(child, scope, isLargest);
        growth = isLargest ? growth.max(part) : growth.plus(part);
      }
    }
    return growth;
  }

  private static boolean hasStar(JsonNode node) {
    if (node.path("class").asText("").equals("STAR")) {
      return true;
    }
    for (JsonNode child : node) {
      if (child.isContainerNode() && hasStar(child)) {
        return true;
      }
    }
    return false;
  }

  private static void require(Growth growth) throws QueryException {
    if (growth.units > MAX_ROW_UNITS) {
      throw new QueryException(
          "the statement may make a row more than "
              + MAX_ROW_UNITS
              + " times as large as a value it reads: use smaller numbers, or less of what repeats,"
              + " replaces and makes lists within each other");
    }
    requireAtMost(growth.expressions, MAX_EXPRESSIONS, "expressions");
  }

  private static void requireAtMost(double count, int bound, String what) throws QueryException {
    if (count > bound) {
      throw new QueryException(
          "with its names and stars replaced by what they stand for, the statement has more than "
              + bound
              + " "
              + what);
    }
  }

  private static String key(String name) {
    return name.toLowerCase(Locale.ROOT);
  }
}
