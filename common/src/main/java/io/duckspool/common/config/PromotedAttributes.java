package io.duckspool.common.config;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The columns that promoted attributes get: {@code resource_attr_<key>} and {@code
 * scope_attr_<key>}, characters outside {@code [A-Za-z0-9]} as {@code _}. Pure functions.
 */
public final class PromotedAttributes {

  private static final String RESOURCE_PREFIX = "resource_attr_";
  private static final String SCOPE_PREFIX = "scope_attr_";

  private PromotedAttributes() {}

  /** The column of a promoted resource attribute. */
  public static String resourceColumn(String key) {
    return RESOURCE_PREFIX + cleaned(key);
  }

  /** The column of a promoted scope attribute. */
  public static String scopeColumn(String key) {
    return SCOPE_PREFIX + cleaned(key);
  }

  /**
   * Two different keys that would get one column, which are refused; SQL doesn't tell names apart
   * by case. The same key twice is one column, and no collision.
   *
   * @param keys of resource attributes, or of scope attributes: the two have no column in common
   * @return what collides, as a text that names both keys and the part of the column they share
   */
  public static Optional<String> collision(List<String> keys) {
    Map<String, String> keyByColumn = new HashMap<>();
    for (String key : keys) {
      String column = cleaned(key).toLowerCase(Locale.ROOT);
      String earlier = keyByColumn.putIfAbsent(column, key);
      if (earlier != null && !earlier.equals(key)) {
        return Optional.of(
            "\"" + earlier + "\" and \"" + key + "\" would share one column, ..._attr_" + column);
      }
    }
    return Optional.empty();
  }

  /** By characters, so that one beyond the 16-bit range becomes one {@code _}. */
  private static String cleaned(String key) {
    StringBuilder column = new StringBuilder(key.length());
    key.codePoints().forEach(c -> column.append(isPlain(c) ? (char) c : '_'));
    return column.toString();
  }

  private static boolean isPlain(int c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  }
}
