package io.duckspool.deploy.load;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import io.duckspool.common.otlp.Signal;
import io.opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.metrics.v1.Metric;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Read back by the official classes, in every encoding. */
final class StampedRequestTest {
  private static final Stamp STAMP = new Stamp("golden1");
  private static final int RECORDS = 11;
  private static final ObjectMapper JSON = new ObjectMapper();

  @ParameterizedTest
  @EnumSource(LoadSignal.class)
  void eachRecord_carriesItsSequenceNumber_inEveryEncoding(LoadSignal signal) throws IOException {
    Message template = signal.message(STAMP, RECORDS, 64);
    for (long request : new long[] {0, 7, 123_456, maxRequest()}) {
      List<String> expected =
          IntStream.range(0, RECORDS).mapToObj(k -> STAMP.text(request * RECORDS + k)).toList();
      Message protobuf = parse(signal, encode(signal, false, false, request));
      assertEquals(expected, stamps(protobuf));
      assertEquals(protobuf, parse(signal, unzip(encode(signal, false, true, request))));
      byte[] json = encode(signal, true, false, request);
      assertEquals(protobuf, fromJson(json, template));
      assertArrayEquals(json, unzip(encode(signal, true, true, request)));
    }
  }

  @ParameterizedTest
  @EnumSource(LoadSignal.class)
  void nothingButDigits_differsBetweenTwoNumbers(LoadSignal signal) {
    for (boolean isJson : new boolean[] {false, true}) {
      byte[] one = encode(signal, isJson, false, 0);
      byte[] other = encode(signal, isJson, false, maxRequest());
      assertEquals(one.length, other.length);
      int differing = 0;
      for (int i = 0; i < one.length; i++) {
        if (one[i] != other[i]) {
          differing++;
          assertTrue(one[i] >= '0' && one[i] <= '9' && other[i] >= '0' && other[i] <= '9');
        }
      }
      assertTrue(differing > 0 && differing <= RECORDS * Stamp.DIGITS, differing + " bytes");
    }
  }

  @Test
  void oneCopy_isStampedOverAndOver() throws IOException {
    StampedRequest request =
        StampedRequest.of(new RequestShape(LoadSignal.LOGS, 3, 64, false, true), STAMP);
    StampedRequest.Copy copy = request.copy();
    for (long number : new long[] {5, 999_999, 0}) {
      assertArrayEquals(request.encode(number), copy.stamped(number).clone());
      assertEquals(
          STAMP.text(number * 3),
          stamps(parse(LoadSignal.LOGS, unzip(copy.stamped(number)))).get(0));
    }
  }

  /** What is compressed beforehand is to weigh on a server as what is compressed each time. */
  @Test
  void compressedBeforehand_isNotMuchLarger() throws IOException {
    for (boolean isJson : new boolean[] {false, true}) {
      byte[] plain = encode(new RequestShape(LoadSignal.LOGS, 512, 300, isJson, false), 9);
      byte[] prepared = encode(new RequestShape(LoadSignal.LOGS, 512, 300, isJson, true), 9);
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
        gzip.write(plain);
      }
      assertTrue(
          prepared.length < out.size() * 1.25, prepared.length + " bytes instead of " + out.size());
    }
  }

  /** Random ids may hold what stands for the digits in the window of the compressor. */
  @Test
  void aTextThatResemblesThePlaceholder_isCompressedRightly() throws IOException {
    byte[] text = new byte[4_000];
    Arrays.fill(text, (byte) 0xff);
    int[] offsets = {100, 112, 2_000, 3_988};
    GzipTemplate template = GzipTemplate.of(text, offsets);
    byte[] changed = text.clone();
    for (int k = 0; k < offsets.length; k++) {
      Stamp.write(70 + k, changed, offsets[k]);
    }
    byte[] compressed = template.copy();
    template.stamp(compressed, 70, changed);
    assertArrayEquals(changed, unzip(compressed));
  }

  @Test
  void logs_haveTheSizeThatMeasurementsName() {
    int bytesPerRecord =
        StampedRequest.of(RequestShape.plain(LoadSignal.LOGS, 512), STAMP).byteCount() / 512;
    assertTrue(bytesPerRecord >= 540 && bytesPerRecord <= 570, bytesPerRecord + " bytes");
  }

  @Test
  void metrics_takeTheFiveKindsInTurn_andEachKindIsOneOfThem() throws IOException {
    var all =
        ExportMetricsServiceRequest.parseFrom(encode(LoadSignal.METRICS, false, false, 1))
            .getResourceMetrics(0)
            .getScopeMetrics(0)
            .getMetricsList();
    assertEquals(
        List.of(
            Metric.DataCase.GAUGE,
            Metric.DataCase.SUM,
            Metric.DataCase.HISTOGRAM,
            Metric.DataCase.EXPONENTIAL_HISTOGRAM,
            Metric.DataCase.SUMMARY),
        all.stream().map(Metric::getDataCase).limit(5).toList());
    for (LoadSignal signal : LoadSignal.values()) {
      if (signal.path().equals(Signal.METRICS.path()) && signal != LoadSignal.METRICS) {
        var one = (ExportMetricsServiceRequest) signal.message(STAMP, 2, 64);
        var kinds = one.getResourceMetrics(0).getScopeMetrics(0).getMetricsList();
        assertEquals(signal.name(), kinds.get(0).getDataCase().name());
        assertEquals(kinds.get(0).getDataCase(), kinds.get(1).getDataCase());
      }
    }
  }

  @Test
  void shapes_areBounded() {
    for (int records : new int[] {1, RequestShape.MAX_RECORDS}) {
      assertEquals(records, new RequestShape(LoadSignal.SUM, records, 64, false, false).records());
    }
    assertRefused(
        "records must be in [1, 100000], got 0",
        () -> new RequestShape(LoadSignal.SUM, 0, 64, false, false));
    assertRefused(
        "records must be in [1, 100000], got 100001",
        () -> new RequestShape(LoadSignal.SUM, 100_001, 64, false, false));
    assertEquals(
        65_536, new RequestShape(LoadSignal.LOGS, 4_096, 65_536, false, false).bodyBytes());
    assertRefused(
        "bodyBytes must be in [64, 65536], got 63",
        () -> new RequestShape(LoadSignal.LOGS, 1, 63, false, false));
    assertRefused(
        "bodyBytes must be in [64, 65536], got 65537",
        () -> new RequestShape(LoadSignal.LOGS, 1, 65_537, false, false));
    assertRefused(
        "records x bodyBytes must be <= 268435456, got 4097 x 65536",
        () -> new RequestShape(LoadSignal.LOGS, 4_097, 65_536, false, false));
  }

  @Test
  void stamps_areBounded() {
    assertEquals("load-a-999999999999", new Stamp("a").text(Stamp.MAX_SEQUENCE));
    assertRefused(
        "sequence must be in [0, 999999999999], got 1000000000000",
        () -> STAMP.text(Stamp.MAX_SEQUENCE + 1));
    assertRefused("sequence must be in [0, 999999999999], got -1", () -> STAMP.text(-1));
    assertEquals(32, new Stamp("a".repeat(32)).run().length());
    for (String run : new String[] {"", "a".repeat(33), "A", "a-b", "a'b"}) {
      assertRefused(
          "run must be 1 to 32 of a-z and 0-9, got \"" + run + "\"", () -> new Stamp(run));
    }
    assertTrue(Stamp.random(new Random(1)).run().matches("[0-9a-f]{12}"));
    StampedRequest request = StampedRequest.of(RequestShape.plain(LoadSignal.SUM, 7), STAMP);
    request.encode(request.maxRequest());
    assertRefused(
        "request must be in [0, 142857142856], got 142857142857",
        () -> request.encode(request.maxRequest() + 1));
  }

  private static long maxRequest() {
    return (Stamp.MAX_SEQUENCE + 1) / RECORDS - 1;
  }

  private static byte[] encode(LoadSignal signal, boolean isJson, boolean isGzipped, long request) {
    return encode(new RequestShape(signal, RECORDS, 64, isJson, isGzipped), request);
  }

  private static byte[] encode(RequestShape shape, long request) {
    return StampedRequest.of(shape, STAMP).encode(request);
  }

  private static byte[] unzip(byte[] bytes) throws IOException {
    try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
      return in.readAllBytes();
    }
  }

  private static Message parse(LoadSignal signal, byte[] bytes) throws IOException {
    return switch (signal) {
      case LOGS -> ExportLogsServiceRequest.parseFrom(bytes);
      case TRACES -> ExportTraceServiceRequest.parseFrom(bytes);
      default -> ExportMetricsServiceRequest.parseFrom(bytes);
    };
  }

  /** The official JSON form but for ids, which OTLP has in hex. */
  private static Message fromJson(byte[] bytes, Message prototype) throws IOException {
    JsonNode json = JSON.readTree(bytes);
    for (String name : new String[] {"traceId", "spanId"}) {
      for (JsonNode owner : json.findParents(name)) {
        byte[] id = HexFormat.of().parseHex(owner.path(name).asText());
        ((ObjectNode) owner).put(name, Base64.getEncoder().encodeToString(id));
      }
    }
    Message.Builder message = prototype.newBuilderForType();
    JsonFormat.parser().merge(json.toString(), message);
    return message.build();
  }

  private static List<String> stamps(Message message) {
    if (message instanceof ExportLogsServiceRequest logs) {
      return logs.getResourceLogs(0).getScopeLogs(0).getLogRecordsList().stream()
          .map(log -> log.getBody().getStringValue())
          .peek(body -> assertEquals(64, body.getBytes(StandardCharsets.UTF_8).length))
          .map(body -> body.substring(0, body.indexOf(' ')))
          .toList();
    }
    if (message instanceof ExportTraceServiceRequest traces) {
      return traces.getResourceSpans(0).getScopeSpans(0).getSpansList().stream()
          .map(span -> stamp(span.getAttributesList()))
          .toList();
    }
    return ((ExportMetricsServiceRequest) message)
        .getResourceMetrics(0).getScopeMetrics(0).getMetricsList().stream()
            .map(StampedRequestTest::stamp)
            .toList();
  }

  private static String stamp(Metric metric) {
    return stamp(
        switch (metric.getDataCase()) {
          case GAUGE -> metric.getGauge().getDataPoints(0).getAttributesList();
          case SUM -> metric.getSum().getDataPoints(0).getAttributesList();
          case HISTOGRAM -> metric.getHistogram().getDataPoints(0).getAttributesList();
          case EXPONENTIAL_HISTOGRAM ->
              metric.getExponentialHistogram().getDataPoints(0).getAttributesList();
          case SUMMARY -> metric.getSummary().getDataPoints(0).getAttributesList();
          case DATA_NOT_SET -> throw new AssertionError("a metric without data");
        });
  }

  private static String stamp(List<KeyValue> attributes) {
    return attributes.stream()
        .filter(attribute -> attribute.getKey().equals(Stamp.ATTRIBUTE))
        .map(attribute -> attribute.getValue().getStringValue())
        .findFirst()
        .orElseThrow();
  }

  private static void assertRefused(String message, Runnable made) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, made::run).getMessage());
  }
}
