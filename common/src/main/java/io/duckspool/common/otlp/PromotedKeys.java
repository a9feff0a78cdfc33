package io.duckspool.common.otlp;

import java.util.List;

/**
 * Keys of attributes whose values rows have beside the JSON of all attributes, each key once, in
 * the order in which they were given.
 *
 * @param resource of resource attributes
 * @param scope of scope attributes
 */
public record PromotedKeys(List<String> resource, List<String> scope) {

  /** No attribute is promoted. */
  public static final PromotedKeys NONE = new PromotedKeys(List.of(), List.of());

  /** Drops repeated keys. */
  public PromotedKeys {
    resource = resource.stream().distinct().toList();
    scope = scope.stream().distinct().toList();
  }

  /** How many values a row has for them. */
  public int count() {
    return resource.size() + scope.size();
  }
}
