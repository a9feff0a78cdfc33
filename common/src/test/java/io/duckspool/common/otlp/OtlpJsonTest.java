package io.duckspool.common.otlp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What OTLP/JSON and NDJSON may look like, what not, and what is said then. */
class OtlpJsonTest {

  private final OtlpParserAssert parser = new OtlpParserAssert(OtlpLimits.DEFAULT);

  private static String log(String fields) {
    return "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{" + fields + "}]}]}]}";
  }

  private static String point(String kind, String fields) {
    return "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\""
        + kind
        + "\":{\"dataPoints\":[{"
        + fields
        + "}]}}]}]}]}";
  }

  private Object logColumn(String fields, String column) throws Exception {
    return parser.accepts(Signal.LOGS, log(fields)).get(0).columns().get(column);
  }

  private Object gauge(String fields, String column) throws Exception {
    return parser.accepts(Signal.METRICS, point("gauge", fields)).get(0).columns().get(column);
  }

  @Test
  void names_areTaken_inBothCases() throws Exception {
    String camel = log("\"timeUnixNano\":\"5000\",\"severityText\":\"x\"");
    String snake =
        "{\"resource_logs\":[{\"scope_logs\":[{\"log_records\":"
            + "[{\"time_unix_nano\":5000,\"severity_text\":\"x\"}]}]}]}";
    assertEquals(parser.accepts(Signal.LOGS, camel), parser.accepts(Signal.LOGS, snake));
    assertEquals(5L, logColumn("\"time_unix_nano\":5000", "time_unix_nano"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "9|9",
        "'\"9\"'|9",
        "'\"SEVERITY_NUMBER_INFO\"'|9",
        "99|99",
        "9.0|9",
        "'\"-1\"'|-1",
        "1e1|10"
      })
  void enums_areNumbersOrNames_andUnknownNumbersAreKept(String json, int expected)
      throws Exception {
    assertEquals(expected, logColumn("\"severityNumber\":" + json, "severity_number"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"INFO\"", "\"\"", "1.5", "4294967296", "true", "{}", "[]"})
  void otherEnums_areRefused(String json) {
    parser.refuses(Signal.LOGS, log("\"severityNumber\":" + json));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "5|5",
        "'\"5\"'|5",
        "-5|-5",
        "1e3|1000",
        "'\"1e3\"'|1000",
        "1.50E2|150",
        "9223372036854775807|9223372036854775807",
        "'\"9223372036854775807\"'|9223372036854775807",
        "9223372036854775807.0|9223372036854775807",
        "-9223372036854775808|-9223372036854775808",
        "0e999999999|0",
        "-0|0"
      })
  void integers_areTaken_asNumbersStringsAndWholeFloats(String json, long expected)
      throws Exception {
    assertEquals(expected, gauge("\"asInt\":" + json, "int_value"));
    assertEquals("" + expected, logColumn("\"body\":{\"intValue\":" + json + "}", "body"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1.5",
        "\"1.5\"",
        "9223372036854775808",
        "\"9223372036854775808\"",
        "1e999999999",
        "1e99999999999999999999",
        "1e-1",
        "\"\"",
        "\" 1\"",
        "\"0x10\"",
        "\"1L\"",
        "\"+1\"",
        "\"NaN\"",
        "true",
        "[1]",
        "{}"
      })
  void otherIntegers_areRefused(String json) {
    String message = parser.refuses(Signal.METRICS, point("gauge", "\"asInt\":" + json));
    assertTrue(
        message.contains(
            "resourceMetrics[0].scopeMetrics[0].metrics[0].gauge.dataPoints[0].asInt: "),
        message);
  }

  @ParameterizedTest
  @CsvSource({
    "flags,-1",
    "flags,4294967296",
    "exemplars,{}",
    "attributes,{}",
    "startTimeUnixNano,-1"
  })
  void valuesOutsideTheirType_areRefused(String field, String json) {
    parser.refuses(Signal.METRICS, point("gauge", "\"" + field + "\":" + json));
  }

  @Test
  void unsignedNumbers_keepTheirBits() throws Exception {
    assertEquals(-1, gauge("\"flags\":4294967295", "flags"));
    assertEquals(-1, logColumn("\"flags\":\"4294967295\"", "flags"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "1.5|1.5",
        "'\"1.5\"'|1.5",
        "1|1.0",
        "'\"NaN\"'|NaN",
        "'\"Infinity\"'|Infinity",
        "'\"-Infinity\"'|-Infinity",
        "-0|-0.0",
        "-0.0|-0.0",
        "1e300|1e300",
        "12345678901234567890123|1.2345678901234568E22",
        "5e-324|4.9E-324"
      })
  void doubles_areTaken_asNumbersAndStrings(String json, double expected) throws Exception {
    assertEquals(expected, gauge("\"asDouble\":" + json, "double_value"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1e999",
        "\"1e999\"",
        "\"nan\"",
        "\"1d\"",
        "\"0x1p3\"",
        "\" 1\"",
        "\"\"",
        "true",
        "[]"
      })
  void otherDoubles_areRefused(String json) {
    parser.refuses(Signal.METRICS, point("gauge", "\"asDouble\":" + json));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "+/8=|+/8=",
        "+/8|+/8=",
        "-_8=|+/8=",
        "-_8|+/8=",
        "AA==|AA==",
        "AA|AA==",
        "AAAA|AAAA"
      })
  void bytes_areBase64OrBase64Url_paddedOrNot(String json, String expected) throws Exception {
    assertEquals(expected, logColumn("\"body\":{\"bytesValue\":\"" + json + "\"}", "body"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"A", "AAAAA", "A===", "AA=", "AAA==", "A A=", "=", "%%%%", "AAA=AAAA"})
  void otherBytes_areRefused(String json) {
    parser.refuses(Signal.LOGS, log("\"body\":{\"bytesValue\":\"" + json + "\"}"));
  }

  @Test
  void ids_areHexOfEitherCase_orBase64() throws Exception {
    String expected = "fbff0102030405060708090a0b0c0d0e";
    for (String id :
        List.of(
            expected,
            "FBFF0102030405060708090A0B0C0D0E",
            "+/8BAgMEBQYHCAkKCwwNDg==",
            "-_8BAgMEBQYHCAkKCwwNDg==",
            "-_8BAgMEBQYHCAkKCwwNDg")) {
      assertEquals(expected, logColumn("\"traceId\":\"" + id + "\"", "trace_id"));
    }
    for (String id : List.of("0102030405060708", "AQIDBAUGBwg=", "AQIDBAUGBwg")) {
      assertEquals("0102030405060708", logColumn("\"spanId\":\"" + id + "\"", "span_id"));
    }
    for (String id : List.of("xyz", "010203040506070", "AQIDBAUGBw==", "01020304050607080")) {
      parser.refuses(Signal.LOGS, log("\"spanId\":\"" + id + "\""));
    }
  }

  @Test
  void null_isAbsent_wherever() throws Exception {
    assertEquals(
        parser.accepts(Signal.LOGS, log("")),
        parser.accepts(
            Signal.LOGS,
            log(
                "\"timeUnixNano\":null,\"body\":null,\"traceId\":null,\"attributes\":null,"
                    + "\"severityNumber\":null")));
    assertEquals("x", logColumn("\"body\":{\"stringValue\":\"x\",\"intValue\":null}", "body"));
    assertEquals(0, parser.accepts(Signal.LOGS, "{\"resourceLogs\":null}").size());
    assertEquals(
        "[null,1]",
        logColumn("\"body\":{\"arrayValue\":{\"values\":[null,{\"intValue\":1}]}}", "body"));
  }

  @Test
  void ofDuplicates_theLastWins_alsoOfWholeObjectsAndArrays() throws Exception {
    assertEquals("b", logColumn("\"severityText\":\"a\",\"severity_text\":\"b\"", "severity_text"));
    assertEquals(
        "{\"b\":2}",
        logColumn(
            "\"attributes\":[{\"key\":\"a\",\"value\":{\"intValue\":1}}],\"flags\":7,"
                + "\"attributes\":[{\"key\":\"b\",\"value\":{\"intValue\":2}}]",
            "log_attributes"));
    assertEquals(
        "[2]",
        logColumn(
            "\"body\":{\"arrayValue\":{\"values\":[{\"intValue\":1}]},"
                + "\"arrayValue\":{\"values\":[{\"intValue\":2}]}}",
            "body"));
    assertEquals("1", logColumn("\"body\":{\"stringValue\":\"a\",\"intValue\":1}", "body"));
    String one = log("\"severityText\":\"a\"");
    String twice = "{" + one.substring(1, one.length() - 1) + "," + one.substring(1);
    assertEquals(1, parser.accepts(Signal.LOGS, twice).size());
  }

  @Test
  void ofTwoKindsOfData_theLastWins() throws Exception {
    String two =
        "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"gauge\":{\"dataPoints\":[{},{}]},"
            + "\"name\":\"n\",\"sum\":{\"dataPoints\":[{}]}}]}]}]}";
    List<OtlpRow> rows = parser.accepts(Signal.METRICS, two);
    assertEquals(1, rows.size());
    assertEquals(OtlpTable.METRICS_SUM, rows.get(0).table());
    assertEquals("n", rows.get(0).columns().get("name"));
  }

  @Test
  void unknownFields_areIgnored_atEveryLevel() throws Exception {
    String unknown = "\"x\":{\"resourceLogs\":[1,\"\\u00e9\",{\"y\":[[]]}]},";
    String json =
        "{"
            + unknown
            + "\"resourceLogs\":[{"
            + unknown
            + "\"scopeLogs\":[{"
            + unknown
            + "\"logRecords\":[{"
            + unknown
            + "\"flags\":1}]}]}]}";
    assertEquals(1, parser.accepts(Signal.LOGS, json).size());
  }

  @Test
  void resourceAndScope_mayComeBehindTheirChildren() throws Exception {
    String json =
        "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{}],\"scope\":{\"name\":\"s\"}}],"
            + "\"resource\":{\"attributes\":[{\"value\":{\"stringValue\":\"shop\"},"
            + "\"key\":\"service.name\"}]}}]}";
    OtlpRow row = parser.accepts(Signal.LOGS, json).get(0);
    assertEquals("shop", row.columns().get("service_name"));
    assertEquals("s", row.columns().get("scope_name"));
  }

  @Test
  void strings_mayHaveEveryEscape_butNoHalfPairs() throws Exception {
    assertEquals(
        "\"\\/\b\f\n\r\t\u00e9\ud83e\udd86\u0000",
        logColumn(
            "\"body\":{\"stringValue\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83E\\udd86\\u0000\"}",
            "body"));
    for (String bad :
        List.of("\\ud83e", "\\udd86", "\\ud83ex", "\\ud83e\\u0041", "\\x41", "\\u00g0", "\\u12")) {
      parser.refuses(Signal.LOGS, log("\"body\":{\"stringValue\":\"" + bad + "\"}"));
    }
    parser.refuses(Signal.LOGS, log("\"body\":{\"stringValue\":\"a\u0001\"}"));
    parser.refuses(Signal.LOGS, log("\"severityText\":5"));
  }

  @Test
  void textThatIsNotUtf8_isRefused_withItsPlace() {
    byte[] json = log("\n\"severityText\":\"a?\"").getBytes(StandardCharsets.UTF_8);
    json[new String(json, StandardCharsets.UTF_8).indexOf('?')] = (byte) 0xC0;
    assertEquals(
        "line 2, column 18: the text is not UTF-8",
        parser.refuses(Signal.LOGS, PayloadFormat.JSON, json));
    byte[] utf16 = "{\"resourceLogs\":[]}".getBytes(StandardCharsets.UTF_16LE);
    parser.refuses(Signal.LOGS, PayloadFormat.JSON, utf16);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"resourceLogs\":[]}",
        "\ufeff {} \r\n",
        "{\"x\":1}",
        "{\"resourceLogs\":[{}]}"
      })
  void requestsWithoutItems_areFine(String json) throws Exception {
    assertEquals(0, parser.accepts(Signal.LOGS, json).size());
    parser.accepts(Signal.LOGS, PayloadFormat.NDJSON, json.getBytes(StandardCharsets.UTF_8));
    assertEquals(0, parser.accepts(Signal.TRACES, PayloadFormat.PROTOBUF, new byte[0]).size());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " \r\n\t", "\ufeff", "\ufeff\n"})
  void anEmptyBody_isRefused(String json) {
    byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
    String message = parser.refuses(Signal.LOGS, PayloadFormat.JSON, bytes);
    assertTrue(message.contains("the JSON body is empty"), message);
    message = parser.refuses(Signal.LOGS, PayloadFormat.NDJSON, bytes);
    assertTrue(message.contains("no line with a request"), message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[]",
        "1",
        "\"x\"",
        "null",
        "{",
        "{}}",
        "{} {}",
        "{},",
        "{'a':1}",
        "{\"resourceLogs\":{}}",
        "{\"resourceLogs\":[1]}",
        "{\"resourceLogs\":[[]]}",
        "{\"resourceLogs\":[{\"scopeLogs\":[]}",
        "{\"resourceLogs\":\"x\"}",
        "{\"x\":NaN}",
        "{\"x\":01}",
        "// comment\n{}"
      })
  void whatIsNoRequest_isRefused(String json) {
    assertTrue(parser.refuses(Signal.LOGS, json).startsWith("line "));
  }

  @Test
  void aDocumentOfAnotherSignal_isRefused_unlessItHasAFieldOfItsOwn() throws Exception {
    String message = parser.refuses(Signal.LOGS, "{\"resourceSpans\":[]}");
    assertTrue(message.contains("resourceSpans"), message);
    parser.refuses(Signal.TRACES, "{\"resource_metrics\":[]}");
    parser.refuses(Signal.METRICS, "{\"x\":1,\"resourceLogs\":null}");
    assertEquals(
        0, parser.accepts(Signal.LOGS, "{\"resourceSpans\":[],\"resourceLogs\":[]}").size());
    byte[] lines = "{\"resourceLogs\":[]}\n{\"resourceSpans\":[]}".getBytes(StandardCharsets.UTF_8);
    message = parser.refuses(Signal.LOGS, PayloadFormat.NDJSON, lines);
    assertTrue(message.startsWith("line 2, "), message);
  }

  @Test
  void linesOfNdjson_areNumberedAsAnEditorDoes() throws Exception {
    String good = log("");
    for (String fault :
        List.of("{\"resourceLogs\":5}", "nonsense", log("\"traceId\":\"00\""), "{", "[]")) {
      byte[] lines =
          (good + "\r\n\r\n \n" + good + "\n" + fault + "\n").getBytes(StandardCharsets.UTF_8);
      String message = parser.refuses(Signal.LOGS, PayloadFormat.NDJSON, lines);
      assertTrue(message.startsWith("line 5, column "), message);
    }
    byte[] fine = ("\n" + good + "\r\n\n" + good).getBytes(StandardCharsets.UTF_8);
    assertEquals(2, parser.accepts(Signal.LOGS, PayloadFormat.NDJSON, fine).size());
  }

  @Test
  void aCarriageReturnInALineOfNdjson_doesNotEndIt() {
    String good = log("");
    for (String fault : List.of(good + "\r" + good, "{\r\"resourceLogs\":5}", "{\r\r")) {
      byte[] lines = (good + "\n" + fault + "\n").getBytes(StandardCharsets.UTF_8);
      String message = parser.refuses(Signal.LOGS, PayloadFormat.NDJSON, lines);
      assertTrue(message.startsWith("line 2, column "), message);
    }
  }

  @Test
  void whatTheParserOfJsonBounds_isNamedByItsPlace() {
    String deep = "{\"x\":" + "[".repeat(100_000) + "}";
    String message = parser.refuses(Signal.LOGS, deep);
    assertTrue(message.matches("line 1, column 25\\d: .+"), message);
  }

  @Test
  void faults_areNamedByLineColumnAndPath() {
    assertEquals(
        "line 3, column 12, resourceLogs[1].scopeLogs[0].logRecords[0].flags: expected a number",
        parser.refuses(
            Signal.LOGS,
            "{\"resourceLogs\":[{},\n{\"scopeLogs\":[{\"logRecords\":[{\n  \"flags\": true}]}]}]}"));
    assertEquals(
        "line 1, column 17: the JSON document is not complete",
        parser.refuses(Signal.LOGS, "{\"resourceLogs\":"));
  }

  @Test
  void aLargeString_isTaken() throws Exception {
    String text = "x\u00e9".repeat(3_000_000);
    assertEquals(text, logColumn("\"body\":{\"stringValue\":\"" + text + "\"}", "body"));
  }

  @Test
  void damagedJson_givesOurOwnExceptionOrRows_neverAnother() throws Exception {
    Random random = new Random(11);
    int refused = 0;
    int accepted = 0;
    for (int i = 0; i < 6000; i++) {
      Signal signal = Signal.values()[i % 3];
      byte[] json =
          OtlpJson.anyStyle(random)
              .write(new RandomOtlp(random).request(signal))
              .getBytes(StandardCharsets.UTF_8);
      json[random.nextInt(json.length)] =
          random.nextBoolean()
              ? (byte) random.nextInt(256)
              : (byte) "{}[],:\"\\0e-n".charAt(random.nextInt(12));
      byte[] bytes =
          random.nextInt(4) == 0
              ? java.util.Arrays.copyOf(json, random.nextInt(json.length))
              : json;
      OtlpCounts counts;
      try {
        counts =
            new OtlpParser(OtlpLimits.DEFAULT)
                .parse(signal, PayloadFormat.JSON, bytes, 0, bytes.length, OtlpVisitor.COUNTING);
        accepted++;
      } catch (MalformedOtlpException e) {
        refused++;
        parser.refuses(signal, PayloadFormat.JSON, bytes);
        continue;
      }
      assertEquals(counts.rows(), parser.accepts(signal, PayloadFormat.JSON, bytes).size());
    }
    assertTrue(refused > 1000 && accepted > 1000, refused + " refused, " + accepted + " accepted");
  }
}
