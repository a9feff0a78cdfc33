package io.duckspool.writer.sink;

/**
 * What an expression makes. Immutable.
 *
 * @param units of its value: how often what a column holds
 * @param expressions it is made of, with each name replaced by what it stands for
 */
record Growth(double units, double expressions) {

  static final Growth ONE = new Growth(1, 1);

  Growth and(Growth other, double ofUnits) {
    return new Growth(ofUnits, expressions + other.expressions);
  }

  Growth plus(Growth other) {
    return and(other, units + other.units);
  }

  /** Either of two that are both worked on. */
  Growth max(Growth other) {
    return and(other, Math.max(units, other.units));
  }

  /** One of two: which isn't known. */
  Growth or(Growth other) {
    return new Growth(Math.max(units, other.units), Math.max(expressions, other.expressions));
  }

  Growth withUnits(double others) {
    return new Growth(others, expressions + 1);
  }

  Growth atLeastOne() {
    return units < 1 ? new Growth(1, expressions) : this;
  }
}
