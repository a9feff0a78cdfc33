package io.duckspool.receiver.badinput;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.Type;
import com.google.protobuf.Message;
import io.duckspool.common.otlp.ContentCoding;
import io.duckspool.common.otlp.OtlpJson;
import io.duckspool.common.otlp.PayloadFormat;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Damage to each field of OTLP/JSON. */
final class JsonCases {

  private final List<BadCase> cases = new ArrayList<>();

  private JsonCases() {}

  /** Each field with values of every JSON type that is not its own. */
  static List<BadCase> wrongTypes() {
    JsonCases made = new JsonCases();
    for (Site site : Site.all()) {
      for (String value : wrongTypes(site.field())) {
        made.refused(site, value);
      }
      if (site.field().isRepeated()) {
        made.refusedWhole(site, "{}");
        made.refusedWhole(site, "5");
        made.refusedWhole(site, "\"x\"");
      }
      made.absent(site);
    }
    return made.cases;
  }

  private static List<String> wrongTypes(FieldDescriptor field) {
    return switch (field.getType()) {
      case MESSAGE -> List.of("5", "\"x\"", "[]", "true");
      case STRING -> List.of("5", "{}", "[]", "false", "\"\\ud800\"", "\"\\x41\"");
      case BYTES -> List.of("5", "{}", "[]", "\"%%\"");
      case BOOL -> List.of("1", "\"yes\"", "{}", "[]", "\"\"");
      case ENUM -> List.of("\"NO_SUCH_NAME\"", "1.5", "2147483648", "-2147483649", "true", "{}");
      case DOUBLE -> List.of("1e309", "\"-1e309\"", "\"nan\"", "\"\"", "true", "{}", "[]");
      default -> List.of("1.5", "\"x\"", "\"\"", "\"NaN\"", "1e99", "true", "{}", "[]");
    };
  }

  /** Each number at the ends of its range and one beyond. */
  static List<BadCase> numbers() {
    JsonCases made = new JsonCases();
    for (Site site : Site.of(Type.DOUBLE)) {
      made.value(site, "\"NaN\"", Double.NaN);
      made.value(site, "\"Infinity\"", Double.POSITIVE_INFINITY);
      made.value(site, "\"-Infinity\"", Double.NEGATIVE_INFINITY);
      made.value(site, "-0.0", -0.0);
      made.value(site, "1.7976931348623157e308", Double.MAX_VALUE);
      made.value(site, "\"-4.9e-324\"", -Double.MIN_VALUE);
      made.refused(site, "1.7976931348623159e308");
    }
    for (Site site : Site.of(Type.INT64, Type.SFIXED64)) {
      made.value(site, "9223372036854775807", Long.MAX_VALUE);
      made.value(site, "\"-9223372036854775808\"", Long.MIN_VALUE);
      made.value(site, "1e18", 1_000_000_000_000_000_000L);
      made.refused(site, "9223372036854775808");
      made.refused(site, "\"-9223372036854775809\"");
    }
    for (Site site : Site.of(Type.FIXED64, Type.UINT64)) {
      made.value(site, "9223372036854775807", Long.MAX_VALUE);
      made.value(site, "\"9223372036854775808\"", Long.MIN_VALUE);
      made.value(site, "18446744073709551615", -1L);
      made.value(site, "0", 0L);
      made.refused(site, "18446744073709551616");
      made.refused(site, "-1");
    }
    for (Site site : Site.of(Type.UINT32, Type.FIXED32)) {
      made.value(site, "4294967295", -1);
      made.value(site, "\"1e3\"", 1000);
      made.refused(site, "4294967296");
      made.refused(site, "\"-1\"");
    }
    for (Site site : Site.of(Type.INT32, Type.SINT32)) {
      made.value(site, "2147483647", Integer.MAX_VALUE);
      made.value(site, "\"-2147483648\"", Integer.MIN_VALUE);
      made.refused(site, "2147483648");
    }
    return made.cases;
  }

  /**
   * Each field twice, the first time empty or of another value, in both spellings: the last wins.
   */
  static List<BadCase> duplicates() {
    JsonCases made = new JsonCases();
    for (Site site : Site.all()) {
      FieldDescriptor field = site.field();
      String good = member(site.with(site.sample()), site);
      String other = field.isRepeated() ? "[]" : other(field);
      String camel = "\"" + field.getJsonName() + "\":" + other;
      String snake = "\"" + field.getName() + "\":" + other;
      Outcome stored = Outcome.ofRequest(site.with(site.sample()), null);
      made.add(site, "twice, first " + other, site.json(camel + "," + good), stored);
      made.add(
          site, "thrice, in both spellings", site.json(snake + "," + camel + "," + good), stored);
    }
    return made.cases;
  }

  /** The field as a writer would write it, found at the end of the request that has it. */
  private static String member(Message request, Site site) {
    Message message = request;
    for (FieldDescriptor step : site.path().subList(0, site.path().size() - 1)) {
      Object child = message.getField(step);
      message = (Message) (step.isRepeated() ? ((List<?>) child).get(0) : child);
    }
    FieldDescriptor field = site.field();
    Message.Builder alone = message.newBuilderForType();
    alone.setField(field, message.getField(field));
    String json = OtlpJson.PLAIN.write(alone.build());
    return json.substring(1, json.length() - 1);
  }

  private static String other(FieldDescriptor field) {
    return switch (field.getType()) {
      case MESSAGE -> "{}";
      case STRING, BYTES -> "\"\"";
      case BOOL -> "false";
      default -> "7";
    };
  }

  /** Each string with bytes that are not UTF-8: the place is that of the byte in the text. */
  static List<BadCase> notUtf8() {
    JsonCases made = new JsonCases();
    for (Site site : Site.of(Type.STRING)) {
      String json = site.json("\"" + site.field().getJsonName() + "\":" + list(site, "\"ab??\""));
      int at = json.lastIndexOf("??");
      for (int[] bad : new int[][] {{0xC0, 0xAF}, {'a', 0xFF}, {0xED, 0xB0}}) {
        byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
        bytes[at] = (byte) bad[0];
        bytes[at + 1] = (byte) bad[1];
        int column = (bad[0] == 'a' ? at + 1 : at) + 1;
        made.add(site, "bytes " + bad[0], bytes, Outcome.badColumn(1, column, column, ""));
      }
    }
    return made.cases;
  }

  private static String list(Site site, String value) {
    return site.field().isRepeated() ? "[" + value + "]" : value;
  }

  /** A value that is not of the field's type: named by its column and path. */
  private void refused(Site site, String value) {
    String json = json(site, list(site, value));
    int last = site.columnOfEnd(json);
    int first = last - list(site, value).length();
    add(site, value, json, Outcome.badColumn(1, first, last, site.jsonPath()));
  }

  private void refusedWhole(Site site, String value) {
    String json = json(site, value);
    int last = site.columnOfEnd(json);
    Outcome refused = Outcome.badColumn(1, last - value.length(), last, site.jsonPath());
    add(site, "no array but " + value, json, refused);
  }

  /** A null, as if the field were not there. */
  private void absent(Site site) {
    String json = json(site, "null");
    Outcome refused = Outcome.badColumn(1, 1, json.length(), site.jsonPath());
    add(site, "null", json, Outcome.ofRequest(site.without(), refused));
  }

  /** A value of the field's type, which only a rule of the tables may refuse. */
  private void value(Site site, String text, Object value) {
    String json = json(site, list(site, text));
    Outcome refused = Outcome.badColumn(1, 1, json.length(), site.jsonPath());
    add(site, text, json, Outcome.ofRequest(site.with(value), refused));
  }

  private static String json(Site site, String value) {
    return site.json("\"" + site.field().getJsonName() + "\":" + value);
  }

  private void add(Site site, String name, String json, Outcome outcome) {
    add(site, name, json.getBytes(StandardCharsets.UTF_8), outcome);
  }

  private void add(Site site, String name, byte[] json, Outcome outcome) {
    int turn = cases.size();
    cases.add(
        BadCase.of(
            name + " in " + site,
            site.signal(),
            turn % 3 == 2 ? PayloadFormat.NDJSON : PayloadFormat.JSON,
            ContentCoding.values()[turn / 3 % 4],
            turn / 12,
            json,
            outcome));
  }
}
