package io.duckspool.common.otlp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Promoted attributes as the parser hands them on. */
final class PromotedKeysTest {

  private static final PromotedKeys KEYS =
      new PromotedKeys(
          List.of("host", "n", "host", "service.name", "d", "b", "y", "l", "m", "none"),
          List.of("lib", "z\u00e9"));

  @Test
  void aKeyThatIsGivenTwice_countsOnce() {
    assertEquals(
        List.of("host", "n", "service.name", "d", "b", "y", "l", "m", "none"), KEYS.resource());
    assertEquals(11, KEYS.count());
    assertEquals(0, PromotedKeys.NONE.count());
  }

  @Test
  void valuesAreText_likeABody() throws Exception {
    String resource =
        attributes(
            "host", "{'stringValue':'a\u20ac'}",
            "n", "{'intValue':'-9223372036854775808'}",
            "service.name", "{'stringValue':'s'}",
            "d", "{'doubleValue':637.704}",
            "b", "{'boolValue':true}",
            "y", "{'bytesValue':'AQI='}",
            "l", "{'arrayValue':{'values':[{'intValue':1},{'stringValue':'x'}]}}",
            "m", "{'kvlistValue':{'values':[{'key':'k','value':{'intValue':2}}]}}");
    String scope = attributes("lib", "{'stringValue':'v1'}", "z\u00e9", "{'intValue':7}");
    assertEquals(
        List.of("a\u20ac|-9223372036854775808|s|637.704|true|AQI=|[1,\"x\"]|{\"k\":2}|NULL|v1|7"),
        parse(request(resource, scope)));
  }

  @Test
  void whatIsAbsentOrEmpty_isNull_andTheLastOfEqualKeysWins() throws Exception {
    String nulls = "NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL";
    assertEquals(List.of(nulls), parse(request("[]", "[]")));
    String odd =
        attributes(
            "host",
            "{'stringValue':''}",
            "n",
            "{}",
            "d",
            "{'doubleValue':'NaN'}",
            "Host",
            "{'intValue':1}",
            "b",
            "{'intValue':1}",
            "b",
            "{'intValue':2}");
    assertEquals(
        List.of("NULL|NULL|NULL|NULL|2|NULL|NULL|NULL|NULL|NULL|NULL"),
        parse(request(odd, attributes("LIB", "{'intValue':1}"))));
  }

  @Test
  void nothingIsLeftOver_fromTheResourceAndScopeBefore() throws Exception {
    String full = group(attributes("host", "{'intValue':1}"), attributes("lib", "{'intValue':2}"));
    String other = group(attributes("n", "{'intValue':3}"), "[]");
    assertEquals(
        List.of(
            "1|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|2|NULL",
            "NULL|3|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL",
            "NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL",
            "1|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|2|NULL"),
        parse("{'resourceLogs':[" + String.join(",", full, other, group("[]", "[]"), full) + "]}"));
  }

  @Test
  void whatIsPromoted_changesNeitherWhatIsAcceptedNorTheCounts() throws Exception {
    byte[] json =
        request(attributes("host", "{'stringValue':'" + "x".repeat(1000) + "'}"), "[]")
            .replace('\'', '"')
            .getBytes(StandardCharsets.UTF_8);
    OtlpLimits limits = new OtlpLimits(OtlpLimits.MAX_NESTING, 1, 1050);
    for (PromotedKeys keys : List.of(KEYS, PromotedKeys.NONE)) {
      OtlpCounts counts =
          new OtlpParser(limits, keys)
              .parse(Signal.LOGS, PayloadFormat.JSON, json, 0, json.length, OtlpVisitor.COUNTING);
      assertEquals(1, counts.rows());
    }
  }

  private static List<String> parse(String json) throws Exception {
    byte[] bytes = json.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    List<String> rows = new ArrayList<>();
    OtlpVisitor visitor =
        (OtlpVisitor)
            Proxy.newProxyInstance(
                PromotedKeysTest.class.getClassLoader(),
                new Class<?>[] {OtlpVisitor.class},
                (proxy, method, arguments) -> {
                  if (method.getName().equals("wantsRows")) {
                    return true;
                  }
                  rows.add(row((ResourceFields) arguments[0], (ScopeFields) arguments[1]));
                  return null;
                });
    new OtlpParser(OtlpLimits.DEFAULT, KEYS)
        .parse(Signal.LOGS, PayloadFormat.JSON, bytes, 0, bytes.length, visitor);
    return rows;
  }

  private static String row(ResourceFields resource, ScopeFields scope) {
    List<String> values = new ArrayList<>();
    for (int i = 0; i < resource.promotedCount(); i++) {
      values.add(resource.promoted(i).toString());
    }
    for (int i = 0; i < scope.promotedCount(); i++) {
      values.add(scope.promoted(i).toString());
    }
    return String.join("|", values);
  }

  private static String request(String resource, String scope) {
    return "{'resourceLogs':[" + group(resource, scope) + "]}";
  }

  private static String group(String resource, String scope) {
    return "{'resource':{'attributes':"
        + resource
        + "},'scopeLogs':[{'scope':{'attributes':"
        + scope
        + "},'logRecords':[{'body':{'stringValue':'x'}}]}]}";
  }

  /** Keys and values in turn. */
  private static String attributes(String... keysAndValues) {
    List<String> entries = new ArrayList<>();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      entries.add("{'key':'" + keysAndValues[i] + "','value':" + keysAndValues[i + 1] + "}");
    }
    return "[" + String.join(",", entries) + "]";
  }
}
