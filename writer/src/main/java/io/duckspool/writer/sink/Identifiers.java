package io.duckspool.writer.sink;

/** Names in SQL. */
public final class Identifiers {

  private Identifiers() {}

  /** The name as a quoted identifier, whatever characters it is made of. */
  public static String quote(String name) {
    if (name.indexOf('\0') >= 0) {
      throw new IllegalArgumentException("a name must not contain U+0000");
    }
    return '"' + name.replace("\"", "\"\"") + '"';
  }

  /** The text as a string literal. */
  public static String literal(String text) {
    return "'" + text.replace("'", "''") + "'";
  }

  static String qualified(String catalog, String schema, String table) {
    return quote(catalog) + "." + quote(schema) + "." + quote(table);
  }
}
