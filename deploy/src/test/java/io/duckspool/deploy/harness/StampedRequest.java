package io.duckspool.deploy.harness;

import com.google.protobuf.ByteString;
import io.opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.InstrumentationScope;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.logs.v1.LogRecord;
import io.opentelemetry.proto.logs.v1.SeverityNumber;
import io.opentelemetry.proto.metrics.v1.AggregationTemporality;
import io.opentelemetry.proto.metrics.v1.ExponentialHistogram;
import io.opentelemetry.proto.metrics.v1.ExponentialHistogramDataPoint;
import io.opentelemetry.proto.metrics.v1.Gauge;
import io.opentelemetry.proto.metrics.v1.Histogram;
import io.opentelemetry.proto.metrics.v1.HistogramDataPoint;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.NumberDataPoint;
import io.opentelemetry.proto.metrics.v1.Sum;
import io.opentelemetry.proto.metrics.v1.Summary;
import io.opentelemetry.proto.metrics.v1.SummaryDataPoint;
import io.opentelemetry.proto.resource.v1.Resource;
import io.opentelemetry.proto.trace.v1.Span;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;

/**
 * An export request encoded beforehand whose records carry {@code id=<12 digits>}: in the body of a
 * log record, in the name of a span or metric. Record k of request r has the id {@code r *
 * recordCount + k}, so each request of a run and each of its rows can be told from all others.
 * Stamping copies the bytes and writes digits, it doesn't encode again. Immutable.
 */
public final class StampedRequest {
  private static final int DIGITS = 12;
  private static final String MARK = "id=";
  private static final long NANOS = 1_750_000_000_123_456_789L;

  private final String path;
  private final byte[] template;
  private final int[] offsets;

  private StampedRequest(String path, byte[] template, int recordCount) {
    this.path = path;
    this.template = template;
    this.offsets = new int[recordCount];
    int from = 0;
    for (int k = 0; k < recordCount; k++) {
      byte[] mark = stamp(k).getBytes(StandardCharsets.US_ASCII);
      from = indexOf(template, mark, from);
      offsets[k] = from + MARK.length();
    }
  }

  /** Log records of about 555 bytes each: a 300-byte body, 6 resource and 3 own attributes. */
  public static StampedRequest logs(int recordCount) {
    return logs(recordCount, 300);
  }

  public static StampedRequest logs(int recordCount, int bodyBytes) {
    var request = ExportLogsServiceRequest.newBuilder();
    var resourceLogs = request.addResourceLogsBuilder().setResource(resource());
    var scopeLogs = resourceLogs.addScopeLogsBuilder().setScope(scope());
    Random random = new Random(1);
    for (int k = 0; k < recordCount; k++) {
      String body = stamp(k) + " " + words(random, bodyBytes - stamp(k).length() - 1);
      scopeLogs.addLogRecords(
          LogRecord.newBuilder()
              .setTimeUnixNano(NANOS + k)
              .setObservedTimeUnixNano(NANOS + k + 1000)
              .setSeverityNumber(SeverityNumber.SEVERITY_NUMBER_INFO)
              .setSeverityText("INFO")
              .setBody(AnyValue.newBuilder().setStringValue(body))
              .setTraceId(id(random, 16))
              .setSpanId(id(random, 8))
              .addAttributes(text("http.request.method", "POST"))
              .addAttributes(text("url.path", "/checkout/" + words(random, 60)))
              .addAttributes(text("user.id", words(random, 60)))
              .build());
    }
    return new StampedRequest("/v1/logs", request.build().toByteArray(), recordCount);
  }

  public static StampedRequest traces(int recordCount) {
    var request = ExportTraceServiceRequest.newBuilder();
    var resourceSpans = request.addResourceSpansBuilder().setResource(resource());
    var scopeSpans = resourceSpans.addScopeSpansBuilder().setScope(scope());
    Random random = new Random(2);
    for (int k = 0; k < recordCount; k++) {
      scopeSpans.addSpans(
          Span.newBuilder()
              .setName(stamp(k))
              .setTraceId(id(random, 16))
              .setSpanId(id(random, 8))
              .setStartTimeUnixNano(NANOS + k)
              .setEndTimeUnixNano(NANOS + k + 5_000_000)
              .addAttributes(text("http.request.method", "POST"))
              .addEvents(Span.Event.newBuilder().setName("began").setTimeUnixNano(NANOS)));
    }
    return new StampedRequest("/v1/traces", request.build().toByteArray(), recordCount);
  }

  /** One metric a record, the five kinds in turn. */
  public static StampedRequest metrics(int recordCount) {
    var request = ExportMetricsServiceRequest.newBuilder();
    var resourceMetrics = request.addResourceMetricsBuilder().setResource(resource());
    var scopeMetrics = resourceMetrics.addScopeMetricsBuilder().setScope(scope());
    for (int k = 0; k < recordCount; k++) {
      scopeMetrics.addMetrics(metric(k));
    }
    return new StampedRequest("/v1/metrics", request.build().toByteArray(), recordCount);
  }

  public String path() {
    return path;
  }

  public int recordCount() {
    return offsets.length;
  }

  public int byteCount() {
    return template.length;
  }

  /** The bytes of request number {@code request}, owned by the caller. */
  public byte[] encode(long request) {
    byte[] bytes = template.clone();
    for (int k = 0; k < offsets.length; k++) {
      long id = request * offsets.length + k;
      for (int i = offsets[k] + DIGITS - 1; i >= offsets[k]; i--) {
        bytes[i] = (byte) ('0' + id % 10);
        id /= 10;
      }
    }
    return bytes;
  }

  /** The text that carries an id, as it stands at the beginning of a body or name. */
  public static String stamp(long id) {
    return MARK + String.format("%0" + DIGITS + "d", id);
  }

  private static Metric metric(int k) {
    Metric.Builder metric = Metric.newBuilder().setName(stamp(k)).setUnit("1");
    var delta = AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA;
    var number = NumberDataPoint.newBuilder().setTimeUnixNano(NANOS).setAsInt(k);
    return switch (k % 5) {
      case 0 -> metric.setGauge(Gauge.newBuilder().addDataPoints(number)).build();
      case 1 ->
          metric
              .setSum(Sum.newBuilder().setAggregationTemporality(delta).addDataPoints(number))
              .build();
      case 2 ->
          metric
              .setHistogram(
                  Histogram.newBuilder()
                      .setAggregationTemporality(delta)
                      .addDataPoints(
                          HistogramDataPoint.newBuilder()
                              .setTimeUnixNano(NANOS)
                              .setCount(3)
                              .setSum(4.5)
                              .addBucketCounts(1)
                              .addBucketCounts(2)
                              .addExplicitBounds(1.5)))
              .build();
      case 3 ->
          metric
              .setExponentialHistogram(
                  ExponentialHistogram.newBuilder()
                      .setAggregationTemporality(delta)
                      .addDataPoints(
                          ExponentialHistogramDataPoint.newBuilder()
                              .setTimeUnixNano(NANOS)
                              .setCount(2)
                              .setScale(3)
                              .setZeroCount(2)))
              .build();
      default ->
          metric
              .setSummary(
                  Summary.newBuilder()
                      .addDataPoints(
                          SummaryDataPoint.newBuilder()
                              .setTimeUnixNano(NANOS)
                              .setCount(2)
                              .setSum(3)
                              .addQuantileValues(
                                  SummaryDataPoint.ValueAtQuantile.newBuilder()
                                      .setQuantile(0.5)
                                      .setValue(1.5))))
              .build();
    };
  }

  private static Resource resource() {
    return Resource.newBuilder()
        .addAttributes(text("service.name", "checkout"))
        .addAttributes(text("service.namespace", "shop"))
        .addAttributes(text("service.instance.id", "checkout-7f9c"))
        .addAttributes(text("host.name", "node-17.example.net"))
        .addAttributes(text("k8s.pod.name", "checkout-7f9c-x2x4"))
        .addAttributes(text("deployment.environment.name", "production"))
        .build();
  }

  private static InstrumentationScope scope() {
    return InstrumentationScope.newBuilder().setName("load").setVersion("1").build();
  }

  private static KeyValue text(String key, String value) {
    return KeyValue.newBuilder()
        .setKey(key)
        .setValue(AnyValue.newBuilder().setStringValue(value))
        .build();
  }

  private static ByteString id(Random random, int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    bytes[0] |= 1;
    return ByteString.copyFrom(bytes);
  }

  private static String words(Random random, int length) {
    StringBuilder text = new StringBuilder();
    while (text.length() < length) {
      text.append(Integer.toString(random.nextInt(), 36)).append(' ');
    }
    return text.substring(0, Math.max(0, length));
  }

  private static int indexOf(byte[] bytes, byte[] mark, int from) {
    for (int at = from; at + mark.length <= bytes.length; at++) {
      if (Arrays.equals(bytes, at, at + mark.length, mark, 0, mark.length)) {
        return at;
      }
    }
    throw new IllegalArgumentException("no " + new String(mark, StandardCharsets.US_ASCII));
  }
}
