package io.duckspool.writer.sink;

import java.util.Map;
import java.util.Set;

/** How much larger functions make what they are given, where that is more than its sum. */
final class GrowthRules {

  /** As large as the product of what they are given, or as slow, which is no less a harm. */
  private static final Set<String> PRODUCTS =
      Set.of(
          "aggregate",
          "apply",
          "array_aggr",
          "array_aggregate",
          "array_apply",
          "array_filter",
          "array_select",
          "array_to_string",
          "array_to_string_comma_default",
          "array_transform",
          "concat_ws",
          "editdist3",
          "filter",
          "group_concat",
          "levenshtein",
          "list_aggr",
          "list_aggregate",
          "list_apply",
          "list_filter",
          "list_select",
          "list_string_agg",
          "list_transform",
          "listagg",
          "regexp_replace",
          "replace",
          "string_agg",
          "translate");

  private static final Set<String> REDUCTIONS = Set.of("array_reduce", "list_reduce", "reduce");

  /** What becomes longer by being escaped or spelled out: so many characters for one. */
  private static final Map<String, Integer> FACTORS =
      Map.ofEntries(
          Map.entry("array_to_json", 3),
          Map.entry("base64", 2),
          Map.entry("bin", 8),
          Map.entry("encode", 2),
          Map.entry("hex", 2),
          Map.entry("json_array", 3),
          Map.entry("json_group_array", 3),
          Map.entry("json_group_object", 3),
          Map.entry("json_object", 3),
          Map.entry("json_pretty", 8),
          Map.entry("json_quote", 3),
          Map.entry("regexp_escape", 2),
          Map.entry("row_to_json", 3),
          Map.entry("strftime", 16),
          Map.entry("to_base64", 2),
          Map.entry("to_binary", 8),
          Map.entry("to_hex", 2),
          Map.entry("to_json", 3),
          Map.entry("url_encode", 3));

  private GrowthRules() {}

  static boolean isProduct(String function) {
    return PRODUCTS.contains(function);
  }

  /** True for what passes the value so far on to the next step. */
  static boolean isReduction(String function) {
    return REDUCTIONS.contains(function);
  }

  /** 1 for most. */
  static int factor(String function) {
    return FACTORS.getOrDefault(function, 1);
  }
}
