package io.duckspool.common.otlp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Rules that protobuf hasn't: ids, times, counts; and where a fault is said to be. */
class OtlpRulesTest {

  private static final String TRACE_ID = "000102030405060708090a0b0c0d0e0f";
  private static final String SPAN_ID = "0001020304050607";
  private static final String OVER = "9223372036854775808";
  private static final String MOST = "9223372036854775807";

  private final OtlpParserAssert parser = new OtlpParserAssert(OtlpLimits.DEFAULT);

  private static String log(String fields) {
    return "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{" + fields + "}]}]}]}";
  }

  private static String span(String fields) {
    return "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{" + fields + "}]}]}]}";
  }

  /** A span with its own ids. */
  private static String goodSpan(String fields) {
    return span(ids(TRACE_ID, SPAN_ID) + (fields.isEmpty() ? "" : ",") + fields);
  }

  private static String ids(String traceId, String spanId) {
    return "\"traceId\":\"" + traceId + "\",\"spanId\":\"" + spanId + "\"";
  }

  private static String metric(String kind, String fields) {
    return "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\""
        + kind
        + "\":{\"dataPoints\":[{"
        + fields
        + "}]}}]}]}]}";
  }

  static Stream<Arguments> ruleBreakers() {
    return Stream.of(
        breaker(Signal.LOGS, log("\"traceId\":\"%s\""), TRACE_ID, "00", "traceId"),
        breaker(Signal.LOGS, log("\"traceId\":\"%s\""), "", TRACE_ID + "10", "traceId"),
        breaker(Signal.LOGS, log("\"spanId\":\"%s\""), SPAN_ID, TRACE_ID, "spanId"),
        breaker(Signal.LOGS, log("\"timeUnixNano\":%s"), MOST, OVER, "timeUnixNano"),
        breaker(
            Signal.LOGS, log("\"observedTimeUnixNano\":%s"), MOST, OVER, "observedTimeUnixNano"),
        breaker(Signal.TRACES, span(ids("%s", SPAN_ID)), TRACE_ID, "", "traceId"),
        breaker(Signal.TRACES, span(ids("%s", SPAN_ID)), TRACE_ID, SPAN_ID, "traceId"),
        breaker(Signal.TRACES, span(ids(TRACE_ID, "%s")), SPAN_ID, "", "spanId"),
        breaker(Signal.TRACES, span(ids(TRACE_ID, "%s")), SPAN_ID, "0011", "spanId"),
        breaker(Signal.TRACES, goodSpan("\"parentSpanId\":\"%s\""), "", "00", "parentSpanId"),
        breaker(
            Signal.TRACES, goodSpan("\"startTimeUnixNano\":%s"), MOST, OVER, "startTimeUnixNano"),
        breaker(Signal.TRACES, goodSpan("\"endTimeUnixNano\":%s"), MOST, OVER, "endTimeUnixNano"),
        breaker(
            Signal.TRACES,
            goodSpan("\"events\":[{},{\"timeUnixNano\":%s}]"),
            MOST,
            OVER,
            "events[1].timeUnixNano"),
        breaker(
            Signal.TRACES,
            goodSpan("\"links\":[{\"traceId\":\"%s\"}]"),
            TRACE_ID,
            SPAN_ID,
            "links[0].traceId"),
        breaker(
            Signal.TRACES,
            goodSpan("\"links\":[{\"spanId\":\"%s\"}]"),
            SPAN_ID,
            TRACE_ID,
            "links[0].spanId"),
        breaker(Signal.METRICS, metric("gauge", "\"timeUnixNano\":%s"), MOST, OVER, "timeUnixNano"),
        breaker(
            Signal.METRICS,
            metric("sum", "\"startTimeUnixNano\":%s"),
            MOST,
            OVER,
            "startTimeUnixNano"),
        breaker(
            Signal.METRICS,
            metric("gauge", "\"exemplars\":[{\"traceId\":\"%s\"}]"),
            TRACE_ID,
            "00",
            "exemplars[0].traceId"),
        breaker(
            Signal.METRICS,
            metric("sum", "\"exemplars\":[{\"spanId\":\"%s\"}]"),
            SPAN_ID,
            "00",
            "exemplars[0].spanId"),
        breaker(
            Signal.METRICS,
            metric("histogram", "\"exemplars\":[{\"timeUnixNano\":%s}]"),
            MOST,
            OVER,
            "exemplars[0].timeUnixNano"),
        breaker(Signal.METRICS, metric("histogram", "\"count\":%s"), MOST, OVER, "count"),
        breaker(
            Signal.METRICS,
            metric("histogram", "\"bucketCounts\":[1,%s]"),
            MOST,
            OVER,
            "bucketCounts"),
        breaker(
            Signal.METRICS, metric("exponentialHistogram", "\"count\":%s"), MOST, OVER, "count"),
        breaker(
            Signal.METRICS,
            metric("exponentialHistogram", "\"zeroCount\":%s"),
            MOST,
            OVER,
            "zeroCount"),
        breaker(
            Signal.METRICS,
            metric("exponentialHistogram", "\"positive\":{\"bucketCounts\":[%s]}"),
            MOST,
            OVER,
            "positive.bucketCounts"),
        breaker(
            Signal.METRICS,
            metric("exponentialHistogram", "\"negative\":{\"bucketCounts\":[%s]}"),
            MOST,
            OVER,
            "negative.bucketCounts"),
        breaker(Signal.METRICS, metric("summary", "\"count\":%s"), MOST, OVER, "count"));
  }

  private static Arguments breaker(
      Signal signal, String template, String good, String bad, String path) {
    return Arguments.of(signal, String.format(template, good), String.format(template, bad), path);
  }

  @ParameterizedTest
  @MethodSource("ruleBreakers")
  void aValueTheTablesCantHold_isRefused_withItsPath(
      Signal signal, String good, String bad, String path) throws Exception {
    assertEquals(1, parser.accepts(signal, good).size());
    String message = parser.refuses(signal, bad);
    assertTrue(message.startsWith("line 1, column "), message);
    assertTrue(
        message.contains(path.replaceFirst("bucketCounts$", "bucketCounts") + ": "), message);
  }

  @ParameterizedTest
  @MethodSource("ruleBreakers")
  void theSameInProtobuf_isRefused_withByteAndPath(
      Signal signal, String good, String bad, String path) throws Exception {
    JsonTranscoder transcoder = new JsonTranscoder(OtlpLimits.MAX_NESTING, WorkingMemory.UNLIMITED);
    byte[] json = bad.getBytes(StandardCharsets.UTF_8);
    assertTrue(transcoder.transcode(signal, json, 0, json.length, 1));
    byte[] protobuf = java.util.Arrays.copyOf(transcoder.bytes(), transcoder.length());
    String message = parser.refuses(signal, PayloadFormat.PROTOBUF, protobuf);
    assertTrue(message.startsWith("byte "), message);
    assertTrue(message.contains("resource_"), message);
    String leaf = path.substring(path.lastIndexOf('.') + 1);
    String snake = leaf.replaceAll("([A-Z])", "_$1").toLowerCase(java.util.Locale.ROOT);
    assertTrue(message.contains("." + snake + ": "), message);
  }

  @Test
  void aFaultInProtobuf_isNamedByByteAndPath() {
    byte[] log = Wire.wire().fixed64(1, 5).raw(0x1a, 2, 'a', 0xFF).done();
    byte[] request =
        Wire.wire()
            .bytes(1, new byte[0])
            .bytes(1, Wire.wire().bytes(2, Wire.at(log, 2)).done())
            .done();
    assertEquals(
        "byte 20, resource_logs[1].scope_logs[0].log_records[0].severity_text:"
            + " a string is not UTF-8",
        parser.refuses(Signal.LOGS, PayloadFormat.PROTOBUF, request));
    assertEquals(
        "byte 1, resource_logs[0]: a length reaches past the end of the message that holds it",
        parser.refuses(Signal.LOGS, PayloadFormat.PROTOBUF, new byte[] {10, 5, 1}));
    assertEquals(
        "byte 0: a field has number 0",
        parser.refuses(Signal.LOGS, PayloadFormat.PROTOBUF, new byte[] {0}));
    assertEquals(
        "byte 1: a group ends that has not begun",
        parser.refuses(Signal.LOGS, PayloadFormat.PROTOBUF, new byte[] {0x0C}));
    assertEquals(
        "byte 2, resource_logs[0]: a number is cut off by the end of its message",
        parser.refuses(Signal.LOGS, PayloadFormat.PROTOBUF, new byte[] {10, 1, (byte) 0x80}));
  }

  @Test
  void aRuleBrokenInJson_isNamedByLineAndColumn() {
    String json =
        "{\"resourceSpans\": [\n  {\"scopeSpans\": [{\"spans\": [\n    {\"traceId\": \""
            + TRACE_ID
            + "\", \"spanId\": \"\"}]}]}]}";
    assertEquals(
        "line 3, column 5, resourceSpans[0].scopeSpans[0].spans[0].spanId:"
            + " a span must have an id of 8 bytes",
        parser.refuses(Signal.TRACES, json));
    assertEquals(
        "line 2, column 5, resourceSpans[0].scopeSpans[0].spans[0].traceId:"
            + " a span must have an id of 16 bytes",
        parser.refuses(
            Signal.TRACES, "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[\n    {}]}]}]}"));
  }

  @Test
  void aMessageThatEndsTooEarly_isNamedByItsPath() {
    byte[] cut = Wire.at(Wire.wire().raw(3 << 3 | WireReader.LEN).done(), 1, 2, 2);
    assertEquals(
        "byte "
            + cut.length
            + ", resource_logs[0].scope_logs[0].log_records[0].severity_text:"
            + " a number is cut off by the end of its message",
        parser.refuses(Signal.LOGS, PayloadFormat.PROTOBUF, cut));
  }

  @Test
  void aMetricWithoutTexts_afterALongOne_hasEmptyTexts() throws Exception {
    RowCollector rows = new RowCollector();
    OtlpParser kept = new OtlpParser(OtlpLimits.DEFAULT);
    byte[] point = Wire.at(new byte[0], 1);
    byte[] named =
        Wire.wire()
            .text(12 << 3, "x".repeat(1000))
            .text(1, "name")
            .text(2, "description")
            .text(3, "unit")
            .bytes(5, point)
            .done();
    for (byte[] metric : new byte[][] {named, Wire.at(point, 5)}) {
      byte[] request = Wire.at(metric, 1, 2, 2);
      kept.parse(Signal.METRICS, PayloadFormat.PROTOBUF, request, 0, request.length, rows);
    }
    assertEquals("name", rows.rows().get(0).columns().get("name"));
    for (String text : List.of("name", "description", "unit")) {
      assertEquals("", rows.rows().get(1).columns().get(text));
    }
  }

  @Test
  void afterAFault_theParserReadsTheNextRequest() throws Exception {
    parser.refuses(Signal.LOGS, log("\"traceId\":\"00\""));
    parser.refuses(Signal.LOGS, PayloadFormat.PROTOBUF, Wire.at(new byte[] {1}, 1, 2, 2, 5, 5, 1));
    assertEquals(1, parser.accepts(Signal.LOGS, log("\"body\":{\"stringValue\":\"x\"}")).size());
  }
}
