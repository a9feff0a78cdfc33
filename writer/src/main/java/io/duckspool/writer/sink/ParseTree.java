package io.duckspool.writer.sink;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Walks the parse tree of one SELECT, as DuckDB's {@code json_serialize_sql} gives it, and collects
 * what it refers to. Kinds of nodes that aren't known here are refused, and so is each function
 * that isn't listed. Used by one thread.
 */
final class ParseTree {

  /**
   * Tables, functions and subqueries in FROM. DuckDB plans joins for longer than a query may run,
   * and can't be interrupted meanwhile: 500 took minutes.
   */
  static final int MAX_FROM_ITEMS = 100;

  /** The same with each name of a WITH replaced by what it stands for: some 500 ms to plan. */
  static final long MAX_EXPANDED_ITEMS = 4_000;

  /** Parts of {@code a.b.c}: each nests a call deeper. */
  static final int MAX_NAME_PARTS = 16;

  /**
   * Subqueries and lambdas in expressions, each in the one before. DuckDB's time to plan them
   * doubles with each: 22 take a second.
   */
  static final int MAX_NESTED_QUERIES = 10;

  private static final Set<String> EXPRESSIONS =
      Set.of(
          "BETWEEN",
          "CASE",
          "CAST",
          "COLLATE",
          "COLUMN_REF",
          "COMPARISON",
          "CONJUNCTION",
          "CONSTANT",
          "FUNCTION",
          "LAMBDA",
          "LAMBDA_REF",
          "OPERATOR",
          "POSITIONAL_REFERENCE",
          "STAR",
          "SUBQUERY",
          "TYPE",
          "WINDOW");

  private static final Set<String> FROM_ITEMS =
      Set.of("BASE_TABLE", "SUBQUERY", "TABLE_FUNCTION", "EXPRESSION_LIST", "PIVOT", "SHOW_REF");

  private static final Set<String> NODES =
      Set.of(
          "SELECT_NODE",
          "SET_OPERATION_NODE",
          "RECURSIVE_CTE_NODE",
          "CTE_NODE",
          "JOIN",
          "EMPTY",
          "ORDER_MODIFIER",
          "LIMIT_MODIFIER",
          "LIMIT_PERCENT_MODIFIER",
          "DISTINCT_MODIFIER",
          "ORDER_DEFAULT",
          "ASCENDING",
          "DESCENDING");

  /** What {@code SHOW} may list; the names are DuckDB's own. */
  private static final Set<String> SHOWN =
      Set.of("tables", "databases", "schemas", "__show_tables_expanded");

  private static final Set<String> DESCRIBED = Set.of("DESCRIBE", "SUMMARY");

  /**
   * A table or view by its name, as written.
   *
   * @param catalog empty where none was written
   * @param schema empty where none was written
   */
  record TableName(String catalog, String schema, String name) {

    String text() {
      return (catalog.isEmpty() ? "" : catalog + ".")
          + (schema.isEmpty() ? "" : schema + ".")
          + name;
    }
  }

  private final SqlFunctions functions;
  private final List<TableName> tables = new ArrayList<>();
  private final Set<String> calls = new HashSet<>();
  private final CommonTables commonTables = new CommonTables();
  private int fromItems;
  private int nestedQueries;

  ParseTree(SqlFunctions functions) {
    this.functions = functions;
  }

  /** Tables and views that statements seen so far name, in their order. */
  List<TableName> tables() {
    return List.copyOf(tables);
  }

  /** Functions that are called, in lower case. */
  Set<String> calls() {
    return Set.copyOf(calls);
  }

  /** True when a WITH gives the name, somewhere. */
  boolean isCommonTable(String name) {
    return commonTables.has(name);
  }

  /**
   * Adds a statement.
   *
   * @throws QueryException names what isn't accepted
   */
  void add(JsonNode statement) throws QueryException {
    visit(statement);
    if (commonTables.expanded(MAX_EXPANDED_ITEMS) >= MAX_EXPANDED_ITEMS) {
      throw new QueryException(
          "the queries of WITH use each other too often: they stand for more than "
              + MAX_EXPANDED_ITEMS
              + " tables");
    }
  }

  private void visit(JsonNode node) throws QueryException {
    if (node.isObject()) {
      if (node.path("class").isTextual()) {
        expression(node, false);
      } else {
        visitPart(node);
      }
    } else {
      visitChildren(node);
    }
  }

  private void visitPart(JsonNode node) throws QueryException {
    JsonNode type = node.path("type");
    if (type.isTextual()) {
      part(type.textValue(), node);
    }
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      if (field.getKey().equals("type_info")) {
        visitType(field.getValue());
      } else if (field.getKey().equals("cte_map")) {
        visitCommonTables(field.getValue().path("map"));
      } else if (field.getKey().equals("function") && isType(node, "TABLE_FUNCTION")) {
        expression(field.getValue(), true);
      } else {
        visit(field.getValue());
      }
    }
  }

  private void visitCommonTables(JsonNode entries) throws QueryException {
    for (JsonNode entry : entries) {
      commonTables.begin(entry.path("key").asText(""));
      visit(entry.path("value"));
      commonTables.end();
    }
  }

  /** Details of a type have kinds of their own; of interest are expressions in them. */
  private void visitType(JsonNode info) throws QueryException {
    for (JsonNode child : info) {
      if (child.path("class").isTextual()) {
        expression(child, false);
      } else {
        visitType(child);
      }
    }
  }

  private void visitChildren(JsonNode node) throws QueryException {
    for (JsonNode child : node) {
      visit(child);
    }
  }

  private void part(String type, JsonNode node) throws QueryException {
    if (FROM_ITEMS.contains(type)) {
      if (++fromItems > MAX_FROM_ITEMS) {
        throw new QueryException(
            "the statement refers to more than " + MAX_FROM_ITEMS + " tables and subqueries");
      }
    } else if (!NODES.contains(type)) {
      throw new QueryException("a statement with " + type + " is not accepted");
    }
    if (type.equals("BASE_TABLE")) {
      commonTables.use(node.path("table_name").asText(""));
      tables.add(
          new TableName(
              node.path("catalog_name").asText(""),
              node.path("schema_name").asText(""),
              node.path("table_name").asText("")));
    } else if (type.equals("SHOW_REF")) {
      show(node);
    }
  }

  /** DESCRIBE and SUMMARIZE have what they describe as a query, which is visited like any other. */
  private static void show(JsonNode node) throws QueryException {
    String kind = node.path("show_type").asText("");
    String name = node.path("table_name").asText("").replace("\"", "");
    boolean isAccepted =
        switch (kind) {
          case "SHOW_FROM" -> true;
          case "SHOW_UNQUALIFIED" -> SHOWN.contains(name);
          default -> DESCRIBED.contains(kind) && node.path("query").isObject();
        };
    if (!isAccepted) {
      throw new QueryException(
          "only SHOW TABLES, SHOW ALL TABLES, SHOW DATABASES, SHOW SCHEMAS, DESCRIBE and SUMMARIZE"
              + " are accepted");
    }
  }

  private void expression(JsonNode node, boolean isInFrom) throws QueryException {
    String kind = node.path("class").asText("");
    if (!EXPRESSIONS.contains(kind)) {
      throw new QueryException(
          kind.equals("PARAMETER")
              ? "a statement with parameters is not accepted: there are no values for them"
              : "an expression of kind " + kind + " is not accepted");
    }
    if (kind.equals("COLUMN_REF") && node.path("column_names").size() > MAX_NAME_PARTS) {
      throw new QueryException("a name has more than " + MAX_NAME_PARTS + " parts");
    }
    if (kind.equals("FUNCTION") || kind.equals("WINDOW")) {
      call(node, isInFrom);
    }
    boolean isNested = kind.equals("SUBQUERY") || kind.equals("LAMBDA");
    if (isNested && ++nestedQueries > MAX_NESTED_QUERIES) {
      throw new QueryException(
          "more than " + MAX_NESTED_QUERIES + " subqueries and lambdas are nested");
    }
    visitOperands(node, kind);
    nestedQueries -= isNested ? 1 : 0;
  }

  private void visitOperands(JsonNode node, String kind) throws QueryException {
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      if (field.getKey().equals("type") || field.getKey().equals("cast_type")) {
        visitType(field.getValue());
      } else if (!kind.equals("CONSTANT")) {
        visit(field.getValue());
      }
    }
  }

  private void call(JsonNode node, boolean isInFrom) throws QueryException {
    String name = node.path("function_name").asText("");
    Optional<String> refusal =
        isInFrom ? functions.refuseInFrom(name) : functions.refuse(name, node.path("children"));
    if (refusal.isPresent()) {
      throw new QueryException(refusal.get());
    }
    calls.add(name.toLowerCase(Locale.ROOT));
  }

  private static boolean isType(JsonNode node, String type) {
    return node.path("type").asText("").equals(type);
  }
}
