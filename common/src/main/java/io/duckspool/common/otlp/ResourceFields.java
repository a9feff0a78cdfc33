package io.duckspool.common.otlp;

/**
 * The columns a row takes from its resource. Flyweight: valid until the visitor's method returns.
 *
 * <p>Rows of one resource see the same content; {@link #generation()} tells when it changes.
 */
public final class ResourceFields {

  long generation;
  final Utf8Slice serviceName = new Utf8Slice();
  final Utf8Slice serviceNamespace = new Utf8Slice();
  final Utf8Slice serviceInstanceId = new Utf8Slice();
  final Utf8Slice attributes = new Utf8Slice();

  /** promoted[key], in the order of the parser's {@link PromotedKeys}. */
  final Utf8Slice[] promoted;

  ResourceFields() {
    this(0);
  }

  ResourceFields(int promotedCount) {
    promoted = Utf8Slice.array(promotedCount);
  }

  /** Changes with each resource of a parser: rows with equal numbers share all columns of it. */
  public long generation() {
    return generation;
  }

  /** Column {@code service_name}; {@code unknown} where the resource has none. */
  public Utf8Slice serviceName() {
    return serviceName;
  }

  /** Column {@code service_namespace}; NULL where absent or empty. */
  public Utf8Slice serviceNamespace() {
    return serviceNamespace;
  }

  /** Column {@code service_instance_id}; NULL where absent or empty. */
  public Utf8Slice serviceInstanceId() {
    return serviceInstanceId;
  }

  /** How many attributes the parser promotes. */
  public int promotedCount() {
    return promoted.length;
  }

  /**
   * A promoted attribute as text like a log's body; NULL where absent or empty.
   *
   * @param position of its key in {@link PromotedKeys#resource()}
   */
  public Utf8Slice promoted(int position) {
    return promoted[position];
  }

  /** Column {@code resource_attributes}; a JSON object, NULL without attributes. */
  public Utf8Slice attributes() {
    return attributes;
  }
}
