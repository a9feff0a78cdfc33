package io.duckspool.writer.sink;

import java.util.HashMap;
import java.util.Map;

/**
 * What a row of a query, or of what is in FROM, holds. Immutable.
 *
 * @param named columns whose names are known, by name in lower case
 * @param relations whole rows, by the name of the table or subquery
 * @param others the largest of the columns whose names aren't known
 * @param more units of all columns beyond one for each
 * @param columns how many there are
 */
record GrowthRows(
    Map<String, Growth> named,
    Map<String, Growth> relations,
    Growth others,
    double more,
    double columns) {

  static final GrowthRows NONE = new GrowthRows(Map.of(), Map.of(), Growth.ONE, 0, 0);

  /** A table of so many columns, of one unit each. */
  static GrowthRows table(double columns) {
    return new GrowthRows(Map.of(), Map.of(), Growth.ONE, 0, columns);
  }

  /**
   * One column.
   *
   * @param name empty when it isn't known
   */
  static GrowthRows column(String name, Growth growth) {
    Growth column = growth.atLeastOne();
    return new GrowthRows(
        name.isEmpty() ? Map.of() : Map.of(name, column),
        Map.of(),
        name.isEmpty() ? column : Growth.ONE,
        column.units() - 1,
        1);
  }

  GrowthRows beside(GrowthRows other) {
    return new GrowthRows(
        merged(named, other.named),
        merged(relations, other.relations),
        others.or(other.others),
        more + other.more,
        columns + other.columns);
  }

  /** One or the other; what is named alike need not be at the same place. */
  GrowthRows or(GrowthRows other) {
    return new GrowthRows(
        Map.of(),
        Map.of(),
        largest().or(other.largest()),
        Math.max(more, other.more),
        Math.max(columns, other.columns));
  }

  /** The same with names that aren't known. */
  GrowthRows unnamed() {
    return new GrowthRows(Map.of(), Map.of(), largest(), more, columns);
  }

  /** As what a query has it is called. */
  GrowthRows as(String name) {
    Growth row = new Growth(more + Math.max(1, columns), largest().expressions());
    return new GrowthRows(named, Map.of(name, row), others, more, columns);
  }

  /** Each column so many times as large. */
  GrowthRows times(double factor) {
    Map<String, Growth> larger = new HashMap<>();
    named.forEach(
        (name, growth) ->
            larger.put(name, new Growth(growth.units() * factor, growth.expressions())));
    return new GrowthRows(
        larger,
        Map.of(),
        new Growth(others.units() * factor, others.expressions()),
        Math.max(0, (more + columns) * factor - columns),
        columns);
  }

  /** The largest column. */
  Growth largest() {
    Growth largest = others;
    for (Growth growth : named.values()) {
      largest = largest.or(growth);
    }
    return largest;
  }

  private static Map<String, Growth> merged(Map<String, Growth> some, Map<String, Growth> others) {
    Map<String, Growth> all = new HashMap<>(some);
    others.forEach((name, growth) -> all.merge(name, growth, Growth::or));
    return all;
  }
}
