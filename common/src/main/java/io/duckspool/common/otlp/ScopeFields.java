package io.duckspool.common.otlp;

/**
 * The columns a row takes from its instrumentation scope. Flyweight: valid until the visitor's
 * method returns.
 *
 * <p>Rows of one scope see the same content; {@link #generation()} tells when it changes.
 */
public final class ScopeFields {

  long generation;
  final Utf8Slice name = new Utf8Slice();
  final Utf8Slice version = new Utf8Slice();
  final Utf8Slice attributes = new Utf8Slice();

  /** promoted[key], in the order of the parser's {@link PromotedKeys}. */
  final Utf8Slice[] promoted;

  ScopeFields() {
    this(0);
  }

  ScopeFields(int promotedCount) {
    promoted = Utf8Slice.array(promotedCount);
  }

  /** Changes with each scope of a parser: rows with equal numbers share all columns of it. */
  public long generation() {
    return generation;
  }

  /** Column {@code scope_name}; NULL where empty. */
  public Utf8Slice name() {
    return name;
  }

  /** Column {@code scope_version}; NULL where empty. */
  public Utf8Slice version() {
    return version;
  }

  /** How many attributes the parser promotes. */
  public int promotedCount() {
    return promoted.length;
  }

  /**
   * A promoted attribute as text like a log's body; NULL where absent or empty.
   *
   * @param position of its key in {@link PromotedKeys#scope()}
   */
  public Utf8Slice promoted(int position) {
    return promoted[position];
  }

  /** Column {@code scope_attributes}; a JSON object, NULL without attributes. */
  public Utf8Slice attributes() {
    return attributes;
  }
}
