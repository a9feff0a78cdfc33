package io.duckspool.writer.sink;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
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
 * <p>Sizes are in units of what a column holds. They are meant as an upper bound: what isn't known
 * to be small counts as the sum of its parts. What a statement gathers from many rows isn't bounded
 * here: that is in buffers which DuckDB counts. A column of a view counts as one of a table; what
 * the view makes has a bound of its own. Used by one thread, for one statement.
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

  private final Map<String, GrowthRows> commonTables = new HashMap<>();

  /** Nodes looked at: a second wall, should a rule look at one more than once. */
  private int visits;

  private GrowthBound() {}

  /**
   * Checks a statement.
   *
   * @throws QueryException it may grow beyond the bounds
   */
  static void check(JsonNode statement) throws QueryException {
    GrowthRows unused = new GrowthBound().query(statement.path("node"), null);
  }

  private GrowthRows query(JsonNode node, @Nullable GrowthScope outer) throws QueryException {
    visit();
    for (JsonNode entry : node.path("cte_map").path("map")) {
      JsonNode value = entry.path("value");
      GrowthRows rows = query(value.path("query").path("node"), outer);
      addCommonTable(entry.path("key"), value.path("aliases").isEmpty() ? rows : rows.unnamed());
    }
    switch (node.path("type").asText("")) {
      case "SELECT_NODE":
        return select(node, outer);
      case "RECURSIVE_CTE_NODE":
        GrowthRows start = query(node.path("left"), outer);
        GrowthRows again = start.times(RECURSION_UNITS);
        addCommonTable(
            node.path("cte_name"), node.path("aliases").isEmpty() ? again : again.unnamed());
        return query(node.path("right"), outer).or(start);
      case "CTE_NODE":
        addCommonTable(node.path("cte_name"), query(node.path("query"), outer).unnamed());
        return query(node.path("child"), outer);
      default:
        return parts(node, new GrowthScope(outer, GrowthRows.NONE), Set.of("cte_map"));
    }
  }

  /** A name may stand for another query further in, or out: it is the larger one everywhere. */
  private void addCommonTable(JsonNode name, GrowthRows rows) {
    commonTables.merge(GrowthScope.key(name.asText("")), rows, GrowthRows::or);
  }

  private GrowthRows select(JsonNode node, @Nullable GrowthScope outer) throws QueryException {
    GrowthRows from = from(node.path("from_table"), outer);
    GrowthScope scope = new GrowthScope(outer, from);
    GrowthRows rows = GrowthRows.NONE;
    for (JsonNode item : node.path("select_list")) {
      Growth growth = expression(item, scope);
      String name = columnName(item);
      rows = rows.beside(columns(item, name, growth, from));
      require(rows.more(), "the columns up to " + described(item) + " together");
      requireAtMost(growth.expressions(), MAX_EXPRESSIONS, "expressions");
      if (item.path("alias").asText("").equalsIgnoreCase(name) && !name.isEmpty()) {
        scope.alias(name, growth);
      }
    }
    requireAtMost(rows.columns(), MAX_COLUMNS, "columns");
    GrowthRows unused = parts(node, scope, Set.of("select_list", "from_table", "cte_map"));
    return rows;
  }

  private static GrowthRows columns(JsonNode item, String name, Growth growth, GrowthRows from) {
    if (isKind(item, "STAR")) {
      boolean isPlain =
          item.path("replace_list").isEmpty()
              && item.path("rename_list").isEmpty()
              && item.path("alias").asText("").isEmpty();
      GrowthRows all =
          new GrowthRows(from.named(), Map.of(), from.others(), from.more(), from.columns());
      // What replaces a column has it within.
      return isPlain ? all : all.unnamed().beside(GrowthRows.column("", growth));
    }
    return hasStar(item)
        ? from.unnamed().times(growth.atLeastOne().units() / from.largest().units())
        : GrowthRows.column(name, growth);
  }

  /** As which a query has a column; empty when that isn't known. */
  private static String columnName(JsonNode item) {
    String alias = item.path("alias").asText("");
    JsonNode names = item.path("column_names");
    return GrowthScope.key(
        alias.isEmpty() && isKind(item, "COLUMN_REF")
            ? names.path(names.size() - 1).asText("")
            : alias);
  }

  private GrowthRows from(JsonNode item, @Nullable GrowthScope outer) throws QueryException {
    GrowthScope scope = new GrowthScope(outer, GrowthRows.NONE);
    String alias = GrowthScope.key(item.path("alias").asText(""));
    GrowthRows rows =
        switch (item.path("type").asText("")) {
          case "BASE_TABLE" -> {
            String table = GrowthScope.key(item.path("table_name").asText(""));
            alias = alias.isEmpty() ? table : alias;
            yield commonTables.getOrDefault(table, GrowthRows.table(TABLE_COLUMNS));
          }
          case "SUBQUERY" -> query(item.path("subquery").path("node"), outer);
          // Its rows come one after the other.
          case "TABLE_FUNCTION" ->
              tableFunction(item.path("function"), scope).beside(GrowthRows.table(TABLE_COLUMNS));
          case "PIVOT" ->
              from(item.path("source"), outer)
                  .beside(parts(item, scope, Set.of("source")))
                  .unnamed();
          case "JOIN" -> {
            GrowthRows left = from(item.path("left"), outer);
            // A lateral join has the columns of its left side in its right one.
            GrowthRows right = from(item.path("right"), new GrowthScope(outer, left));
            GrowthRows both = left.beside(right);
            GrowthRows unused = anywhere(item.path("condition"), new GrowthScope(outer, both));
            yield both;
          }
          case "EMPTY" -> GrowthRows.NONE;
          default -> anywhere(item, scope).beside(GrowthRows.table(TABLE_COLUMNS)).unnamed();
        };
    if (isType(item, "JOIN")) {
      return rows;
    }
    return (item.path("column_name_alias").isEmpty() ? rows : rows.unnamed()).as(alias);
  }

  private GrowthRows tableFunction(JsonNode function, GrowthScope scope) throws QueryException {
    JsonNode arguments = function.path("children");
    return function.path("function_name").asText("").equalsIgnoreCase("unnest")
        ? GrowthRows.column("", element(arguments.path(0), scope))
        : anywhere(arguments, scope);
  }

  /** What is somewhere below a node, whatever it is. */
  private GrowthRows anywhere(JsonNode node, GrowthScope scope) throws QueryException {
    if (node.path("class").isTextual()) {
      return GrowthRows.column("", expression(node, scope));
    }
    if (QUERIES.contains(node.path("type").asText(""))) {
      return query(node, scope);
    }
    return parts(node, scope, Set.of());
  }

  private GrowthRows parts(JsonNode node, GrowthScope scope, Set<String> without)
      throws QueryException {
    GrowthRows rows = GrowthRows.NONE;
    if (node.isArray()) {
      for (JsonNode child : node) {
        rows = child.isContainerNode() ? rows.or(anywhere(child, scope)) : rows;
      }
    }
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      if (field.getValue().isContainerNode() && !without.contains(field.getKey())) {
        rows = rows.or(anywhere(field.getValue(), scope));
      }
    }
    return rows;
  }

  private Growth expression(JsonNode node, GrowthScope scope) throws QueryException {
    visit();
    Growth growth = unbounded(node, scope);
    // What stands in the statement is bounded by its length.
    if (!GrowthRules.isLiteralList(node)) {
      require(growth.units(), described(node));
    }
    requireAtMost(growth.expressions(), MAX_EXPRESSIONS, "expressions");
    return growth;
  }

  private Growth unbounded(JsonNode node, GrowthScope scope) throws QueryException {
    String kind = node.path("class").asText("");
    if (TESTS.contains(kind) || TESTING_OPERATORS.contains(node.path("type").asText(""))) {
      return sum(node, scope).withUnits(1);
    }
    return switch (kind) {
      case "CONSTANT" -> new Growth(GrowthRules.unitsOfConstant(node), 1);
      case "COLUMN_REF" -> scope.of(node.path("column_names"));
      case "POSITIONAL_REFERENCE" -> scope.largest();
      case "STAR" -> sum(node, scope).max(scope.largest());
      case "SUBQUERY" -> {
        Growth child = sum(node.path("child"), scope);
        Growth value = query(node.path("subquery").path("node"), scope).largest();
        boolean isValue = node.path("subquery_type").asText("").equals("SCALAR");
        yield child.and(value, isValue ? value.units() : 1);
      }
      case "CASE" -> largest(node, scope);
      case "CAST" -> cast(node, scope);
      case "LAMBDA" -> lambdaOrArrow(node, scope);
      case "FUNCTION", "WINDOW" -> call(node, scope);
      default -> operator(node, scope);
    };
  }

  private Growth operator(JsonNode node, GrowthScope scope) throws QueryException {
    if (isType(node, "OPERATOR_COALESCE")) {
      return largest(node, scope);
    }
    Growth sum = sum(node, scope);
    return isType(node, "OPERATOR_UNPACK") ? sum.withUnits(sum.units() * scope.columns()) : sum;
  }

  /** Text spells bytes out, and escapes what is in lists. */
  private Growth cast(JsonNode node, GrowthScope scope) throws QueryException {
    Growth child = expression(node.path("child"), scope);
    String type = node.path("cast_type").path("id").asText("");
    if (GrowthRules.isSmallType(type)) {
      return child.withUnits(1);
    }
    return child.withUnits(child.units() * (Set.of("VARCHAR", "BLOB").contains(type) ? 2 : 1));
  }

  private Growth call(JsonNode node, GrowthScope scope) throws QueryException {
    String name = GrowthScope.key(node.path("function_name").asText(""));
    JsonNode nodes = node.path("children");
    double expressions = 1;
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      if (field.getValue().isContainerNode()
          && !Set.of("children", "default_expr").contains(field.getKey())) {
        expressions += below(field.getValue(), scope, false).expressions();
      }
    }
    if (GrowthRules.isReduction(name)) {
      Growth reduction = reduction(name, nodes, scope);
      return new Growth(reduction.units(), reduction.expressions() + expressions);
    }
    List<Growth> arguments = new ArrayList<>();
    for (JsonNode argument : nodes) {
      arguments.add(name.equals("unnest") ? element(argument, scope) : expression(argument, scope));
    }
    if (node.path("default_expr").isObject()) {
      arguments.add(expression(node.path("default_expr"), scope));
    }
    for (Growth argument : arguments) {
      expressions += argument.expressions();
    }
    return new Growth(GrowthRules.units(name, nodes, arguments), expressions);
  }

  /** An element of a list, where the list tells. */
  private Growth element(JsonNode list, GrowthScope scope) throws QueryException {
    if (GrowthRules.isSeries(list)) {
      return Growth.ONE;
    }
    return GrowthRules.isList(list)
        ? largest(list.path("children"), scope)
        : expression(list, scope);
  }

  /** What a step makes of the value so far must not grow by more than it adds. */
  private Growth reduction(String name, JsonNode arguments, GrowthScope scope)
      throws QueryException {
    Growth list = expression(arguments.path(0), scope);
    Growth initial = arguments.has(2) ? expression(arguments.path(2), scope) : Growth.ONE;
    Growth once = lambda(arguments.path(1), scope, Growth.ONE);
    Growth twice = lambda(arguments.path(1), scope, new Growth(2, 1));
    if (twice.units() - once.units() > 1) {
      throw new QueryException(
          "the function "
              + name
              + " is accepted only with a lambda that uses its first parameter once: it would grow"
              + " with each element");
    }
    return list.and(once, Math.max(1, list.units()) * Math.max(1, once.units())).plus(initial);
  }

  /** Both look alike: {@code x -> x + 1} and {@code column -> 'path'}, of JSON. */
  private Growth lambdaOrArrow(JsonNode node, GrowthScope scope) throws QueryException {
    JsonNode left = node.path("lhs");
    Growth value = expression(left, scope);
    Growth body = lambda(node, scope, scope.largest());
    if (left.path("function_name").asText("").equals("row")) {
      return value.max(body);
    }
    boolean mayBeEither = isKind(left, "COLUMN_REF") && !GrowthRules.isList(node.path("expr"));
    double paths =
        mayBeEither
            ? Math.max(1, body.units())
            : GrowthRules.paths(node.path("expr"), body.units());
    return value.and(body, Math.max(body.units(), Math.max(1, value.units()) * paths));
  }

  /**
   * The body of a lambda.
   *
   * @param first what the first parameter stands for; the others stand for elements
   */
  private Growth lambda(JsonNode node, GrowthScope scope, Growth first) throws QueryException {
    GrowthScope inner = new GrowthScope(scope, GrowthRows.NONE);
    JsonNode left = node.path("lhs");
    Growth value = first;
    if (isKind(left, "COLUMN_REF")) {
      inner.parameter(GrowthScope.key(left.path("column_names").path(0).asText("")), value);
    }
    for (JsonNode parameter : left.path("children")) {
      inner.parameter(GrowthScope.key(parameter.path("column_names").path(0).asText("")), value);
      value = scope.largest();
    }
    return expression(node.path("expr"), inner);
  }

  /** The largest of what it is made of. */
  private Growth largest(JsonNode node, GrowthScope scope) throws QueryException {
    Growth growth = Growth.ONE;
    for (JsonNode child : node) {
      growth = child.isContainerNode() ? growth.max(below(child, scope, true)) : growth;
    }
    return growth;
  }

  private Growth sum(JsonNode node, GrowthScope scope) throws QueryException {
    Growth growth = new Growth(0, 1);
    for (JsonNode child : node) {
      growth = child.isContainerNode() ? growth.plus(below(child, scope, false)) : growth;
    }
    return growth.atLeastOne();
  }

  private Growth below(JsonNode node, GrowthScope scope, boolean isLargest) throws QueryException {
    if (node.path("class").isTextual()) {
      return expression(node, scope);
    }
    if (QUERIES.contains(node.path("type").asText(""))) {
      return query(node, scope).largest();
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
    if (isKind(node, "STAR")) {
      return true;
    }
    for (JsonNode child : node) {
      if (child.isContainerNode() && hasStar(child)) {
        return true;
      }
    }
    return false;
  }

  /** What a message calls an expression: by its function, or by its alias. */
  private static String described(JsonNode node) {
    String function = node.path("function_name").asText("");
    String alias = node.path("alias").asText("");
    if (!alias.isEmpty()) {
      return "the column " + alias;
    }
    return function.isEmpty()
        ? "an expression of kind " + node.path("class").asText("")
        : "the function " + function;
  }

  private static void require(double units, String what) throws QueryException {
    if (units > MAX_ROW_UNITS) {
      throw new QueryException(
          String.format(
              Locale.ROOT,
              "%s may become %.0f times as large as a value the statement reads, more than %d: use"
                  + " smaller numbers, or less of what repeats, replaces and makes lists within"
                  + " each other",
              what,
              units,
              MAX_ROW_UNITS));
    }
  }

  private void visit() throws QueryException {
    requireAtMost(++visits, MAX_EXPRESSIONS, "expressions");
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

  private static boolean isKind(JsonNode node, String kind) {
    return node.path("class").asText("").equals(kind);
  }

  private static boolean isType(JsonNode node, String type) {
    return node.path("type").asText("").equals(type);
  }
}
