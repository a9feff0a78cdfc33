package io.duckspool.writer.sink;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How much larger functions make what they are given. */
final class GrowthRules {

  static final int CHARS_PER_UNIT = 16;

  /** Elements of lists weigh less than text: DuckDB counts their memory. */
  private static final double NUMBERS_PER_UNIT = 10;

  /** The largest DOUBLE, spelled out. */
  private static final double UNITS_OF_FIXED = 20;

  /** A letter of a format becomes at most so many: {@code %c}, {@code %Z}. */
  private static final int STRFTIME_FACTOR = 16;

  private static final Pattern DIGITS = Pattern.compile("\\d{1,3}");

  /** As large as the product of what they are given, or as slow, which is no less a harm. */
  private static final Set<String> PRODUCTS =
      names(
          "aggregate apply array_aggr array_aggregate array_apply array_filter array_select",
          "array_to_string array_to_string_comma_default array_transform concat_ws editdist3 filter",
          "group_concat levenshtein list_aggr list_aggregate list_apply list_filter list_select",
          "list_string_agg list_transform listagg regexp_replace replace string_agg translate");

  private static final Set<String> REDUCTIONS = names("array_reduce list_reduce reduce");

  /** Numbers, times and tests, whatever they are given. */
  private static final Set<String> SMALL =
      names(
          "* / // % ** ^ ~~ !~~ ~~* !~~* ~~~ ^@ @> <@ && multiply divide fdiv fmod mod pow power",
          "sqrt exp ln log log10 log2 random pi hash ascii ord unicode bit_count",
          "count count_star count_if countif avg favg mean approx_count_distinct corr covar_pop",
          "covar_samp entropy kurtosis kurtosis_pop skewness sem stddev stddev_pop stddev_samp",
          "var_pop var_samp variance bool_and bool_or row_number rank dense_rank rank_dense ntile",
          "percent_rank cume_dist",
          "length len strlen char_length character_length length_grapheme octet_length bit_length",
          "instr position strpos contains starts_with ends_with prefix suffix regexp_matches",
          "regexp_full_match like_escape not_like_escape ilike_escape not_ilike_escape",
          "age century current_date current_localtime current_localtimestamp date_add date_diff",
          "date_part date_sub date_trunc datediff datepart datesub datetrunc day dayname dayofmonth",
          "dayofweek dayofyear days_in_month decade epoch epoch_ms epoch_ns epoch_us era",
          "get_current_time get_current_timestamp hour isodow isoyear julian last_day make_date",
          "make_time make_timestamp make_timestamp_ms make_timestamp_ns make_timestamptz microsecond",
          "millennium millisecond minute month monthname nanosecond normalized_interval now quarter",
          "second strptime time_bucket timezone timezone_hour timezone_minute to_centuries to_days",
          "to_decades to_hours to_microseconds to_millennia to_milliseconds to_minutes to_months",
          "to_quarters to_seconds to_timestamp to_weeks to_years today transaction_timestamp",
          "try_strptime week weekday weekofyear year yearweek",
          "array_contains array_has array_has_all array_has_any array_indexof array_length",
          "array_position array_unique list_contains list_count list_has list_has_all list_has_any",
          "list_indexof list_position list_unique cardinality map_contains json_array_length",
          "json_contains json_exists json_valid typeof");

  private static final Set<String> SMALL_TYPES =
      names(
          "BOOLEAN TINYINT SMALLINT INTEGER BIGINT HUGEINT UTINYINT USMALLINT UINTEGER UBIGINT",
          "UHUGEINT FLOAT DOUBLE DECIMAL DATE TIME INTERVAL UUID");

  /** They take a path, or a list of paths. */
  private static final Set<String> PATHS =
      names(
          "->> json_extract json_extract_path json_extract_path_text json_extract_string json_keys",
          "json_value");

  private static final Set<String> LISTS = names("list_value list_pack array_value");

  private static final Set<String> SERIES = names("range generate_series");

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
          Map.entry("to_base64", 2),
          Map.entry("to_binary", 8),
          Map.entry("to_hex", 2),
          Map.entry("to_json", 3),
          Map.entry("url_encode", 3));

  private GrowthRules() {}

  private static Set<String> names(String... lines) {
    return Set.of(String.join(" ", lines).split(" "));
  }

  /** True for what passes the value so far on to the next step. */
  static boolean isReduction(String function) {
    return REDUCTIONS.contains(function);
  }

  /** True for a type whose values all have one size. */
  static boolean isSmallType(String type) {
    return SMALL_TYPES.contains(type) || type.startsWith("TIMESTAMP");
  }

  /** True for a list of what its arguments are. */
  static boolean isList(JsonNode node) {
    return LISTS.contains(name(node));
  }

  static boolean isSeries(JsonNode node) {
    return SERIES.contains(name(node));
  }

  /** True for a list that stands in the statement as it is: DuckDB makes it once. */
  static boolean isLiteralList(JsonNode node) {
    if (!isList(node)) {
      return false;
    }
    for (JsonNode element : node.path("children")) {
      if (!isConstant(element)) {
        return false;
      }
    }
    return true;
  }

  /** Of a constant that stands in the statement. */
  static double unitsOfConstant(JsonNode node) {
    return (text(node).length() + 1.0) / CHARS_PER_UNIT;
  }

  /**
   * Units of what a function makes.
   *
   * @param nodes its arguments in the parse tree
   * @param arguments the same, as large as they are; there may be more of them
   */
  static double units(String function, JsonNode nodes, List<Growth> arguments) {
    if (SMALL.contains(function)) {
      return 1;
    }
    double sum = 0;
    double product = 1;
    for (Growth argument : arguments) {
      sum += argument.units();
      product *= Math.max(1, argument.units());
    }
    sum = Math.max(1, sum);
    if (PRODUCTS.contains(function)) {
      return function.equals("concat_ws") ? Math.max(product, sum) : product;
    }
    if (PATHS.contains(function)) {
      return sum * paths(nodes.path(1), unitsAt(arguments, 1));
    }
    return switch (function) {
      case "-", "subtract" -> largest(arguments);
      case "repeat" -> unitsAt(arguments, 0) * number(nodes, 1);
      case "lpad", "rpad" -> sum + number(nodes, 1) / CHARS_PER_UNIT;
      case "list_resize", "array_resize" ->
          sum + number(nodes, 1) / NUMBERS_PER_UNIT * unitsAt(arguments, 2);
      case "range", "generate_series" -> series(nodes);
      case "format" -> formatted('{', nodes, arguments);
      case "printf" -> formatted('%', nodes, arguments);
      case "strftime" -> strftime(nodes, sum);
      case "equi_width_bins" -> number(nodes, 2) / NUMBERS_PER_UNIT;
      default -> sum * FACTORS.getOrDefault(function, 1);
    };
  }

  /**
   * How often a value may be in what is extracted of it.
   *
   * @param node the path, or a list of paths
   * @param units of it
   */
  static double paths(JsonNode node, double units) {
    if (isList(node)) {
      return Math.max(1, node.path("children").size());
    }
    String kind = node.path("class").asText("");
    return kind.equals("CONSTANT") || kind.equals("COLUMN_REF")
        ? 1
        : Math.max(1, units * CHARS_PER_UNIT);
  }

  /** Each place of a format takes any argument, as wide as it says. */
  private static double formatted(char mark, JsonNode nodes, List<Growth> arguments) {
    String format = text(nodes.path(0));
    double places = 0;
    double fixed = 0;
    double chars = 0;
    Matcher place =
        (mark == '%' ? Pattern.compile("%[^a-zA-Z%]*[a-zA-Z]?") : Pattern.compile("\\{[^}]*"))
            .matcher(format);
    while (place.find()) {
      places++;
      fixed += place.group().toLowerCase(Locale.ROOT).contains("f") ? 1 : 0;
      Matcher digits = DIGITS.matcher(place.group());
      while (digits.find()) {
        chars += Integer.parseInt(digits.group());
      }
    }
    double largest = arguments.size() < 2 ? 1 : largest(arguments.subList(1, arguments.size()));
    return unitsOfConstant(nodes.path(0))
        + places * largest
        + fixed * UNITS_OF_FIXED
        + chars / CHARS_PER_UNIT;
  }

  /** Of the time nothing but its parts is in the text; which argument is the format varies. */
  private static double strftime(JsonNode nodes, double sum) {
    for (JsonNode node : nodes) {
      if (isConstant(node) && text(node).contains("%")) {
        return Math.max(1, unitsOfConstant(node) * STRFTIME_FACTOR);
      }
    }
    return sum * STRFTIME_FACTOR;
  }

  private static double largest(List<Growth> arguments) {
    double largest = 1;
    for (Growth argument : arguments) {
      largest = Math.max(largest, argument.units());
    }
    return largest;
  }

  private static double unitsAt(List<Growth> arguments, int index) {
    return index < arguments.size() ? arguments.get(index).units() : 1;
  }

  private static double series(JsonNode nodes) {
    double numbers = 0;
    for (int i = 0; i < Math.min(2, nodes.size()); i++) {
      numbers += number(nodes, i);
    }
    return Math.max(1, numbers / NUMBERS_PER_UNIT);
  }

  /** A bounded argument, which is a constant. */
  private static double number(JsonNode nodes, int index) {
    return Math.abs(nodes.path(index).path("value").path("value").asDouble(0));
  }

  private static boolean isConstant(JsonNode node) {
    return node.path("class").asText("").equals("CONSTANT");
  }

  private static String text(JsonNode node) {
    return node.path("value").path("value").asText("");
  }

  private static String name(JsonNode node) {
    return GrowthScope.key(node.path("function_name").asText(""));
  }
}
