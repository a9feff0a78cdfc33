package io.duckspool.common.otlp;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.ArrayValue;
import io.opentelemetry.proto.common.v1.InstrumentationScope;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.common.v1.KeyValueList;
import io.opentelemetry.proto.logs.v1.LogRecord;
import io.opentelemetry.proto.logs.v1.ResourceLogs;
import io.opentelemetry.proto.logs.v1.ScopeLogs;
import io.opentelemetry.proto.logs.v1.SeverityNumber;
import io.opentelemetry.proto.metrics.v1.AggregationTemporality;
import io.opentelemetry.proto.metrics.v1.Gauge;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.NumberDataPoint;
import io.opentelemetry.proto.metrics.v1.ResourceMetrics;
import io.opentelemetry.proto.metrics.v1.ScopeMetrics;
import io.opentelemetry.proto.metrics.v1.Sum;
import io.opentelemetry.proto.resource.v1.Resource;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;

/**
 * Makes export requests for tests, of the generated classes, and writes them in every format. For
 * random ones with every field see {@link RandomOtlp}; {@link OtlpJson} writes JSON in other
 * styles.
 */
public final class OtlpSamples {

  /** 2024-01-01T00:00:00Z. */
  public static final long BASE_TIME_NANOS = 1_704_067_200_000_000_000L;

  private OtlpSamples() {}

  /**
   * A request of one resource and scope with an item for each id: a log record or span that has it
   * in the attribute {@code id}; of metrics a gauge and a sum by turns, one point each.
   */
  public static Message withIds(Signal signal, String serviceName, List<String> ids) {
    return switch (signal) {
      case LOGS -> logs(serviceName, ids);
      case TRACES -> traces(serviceName, ids);
      case METRICS -> metrics(serviceName, ids);
    };
  }

  private static Message logs(String serviceName, List<String> ids) {
    ScopeLogs.Builder scope = ScopeLogs.newBuilder().setScope(scope());
    for (int i = 0; i < ids.size(); i++) {
      scope.addLogRecords(
          LogRecord.newBuilder()
              .setTimeUnixNano(BASE_TIME_NANOS + i * 1_000L)
              .setObservedTimeUnixNano(BASE_TIME_NANOS + i * 1_000L + 1)
              .setSeverityNumber(SeverityNumber.SEVERITY_NUMBER_INFO)
              .setSeverityText("INFO")
              .setBody(text("message " + ids.get(i)))
              .addAttributes(attribute("id", ids.get(i))));
    }
    return ExportLogsServiceRequest.newBuilder()
        .addResourceLogs(
            ResourceLogs.newBuilder().setResource(resource(serviceName)).addScopeLogs(scope))
        .build();
  }

  private static Message traces(String serviceName, List<String> ids) {
    ScopeSpans.Builder scope = ScopeSpans.newBuilder().setScope(scope());
    Random random = new Random(ids.hashCode());
    for (int i = 0; i < ids.size(); i++) {
      scope.addSpans(
          Span.newBuilder()
              .setTraceId(bytes(random, 16))
              .setSpanId(bytes(random, 8))
              .setName("work")
              .setKind(Span.SpanKind.SPAN_KIND_SERVER)
              .setStartTimeUnixNano(BASE_TIME_NANOS + i * 1_000L)
              .setEndTimeUnixNano(BASE_TIME_NANOS + i * 1_000L + 5_000_000)
              .addAttributes(attribute("id", ids.get(i))));
    }
    return ExportTraceServiceRequest.newBuilder()
        .addResourceSpans(
            ResourceSpans.newBuilder().setResource(resource(serviceName)).addScopeSpans(scope))
        .build();
  }

  private static Message metrics(String serviceName, List<String> ids) {
    ScopeMetrics.Builder scope = ScopeMetrics.newBuilder().setScope(scope());
    for (int i = 0; i < ids.size(); i++) {
      NumberDataPoint point =
          NumberDataPoint.newBuilder()
              .setTimeUnixNano(BASE_TIME_NANOS + i * 1_000L)
              .setStartTimeUnixNano(BASE_TIME_NANOS)
              .setAsInt(i)
              .addAttributes(attribute("id", ids.get(i)))
              .build();
      Metric.Builder metric = Metric.newBuilder().setName("measured").setUnit("1");
      if (i % 2 == 0) {
        metric.setGauge(Gauge.newBuilder().addDataPoints(point));
      } else {
        metric.setSum(
            Sum.newBuilder()
                .addDataPoints(point)
                .setAggregationTemporality(
                    AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE)
                .setIsMonotonic(true));
      }
      scope.addMetrics(metric);
    }
    return ExportMetricsServiceRequest.newBuilder()
        .addResourceMetrics(
            ResourceMetrics.newBuilder().setResource(resource(serviceName)).addScopeMetrics(scope))
        .build();
  }

  /** Log records of some 555 bytes each: a body of 300 bytes, 6 attributes, ids and times. */
  public static ExportLogsServiceRequest typicalLogs(int records, long seed) {
    Random random = new Random(seed);
    ScopeLogs.Builder scope = ScopeLogs.newBuilder().setScope(scope());
    for (int i = 0; i < records; i++) {
      LogRecord.Builder log =
          LogRecord.newBuilder()
              .setTimeUnixNano(BASE_TIME_NANOS + i * 1_000L)
              .setObservedTimeUnixNano(BASE_TIME_NANOS + i * 1_000L + 300)
              .setSeverityNumberValue(9 + random.nextInt(4))
              .setSeverityText("INFO")
              .setTraceId(bytes(random, 16))
              .setSpanId(bytes(random, 8))
              .setFlags(1)
              .setBody(text(letters(random, 300)));
      log.addAttributes(attribute("http.request.method", "GET"));
      log.addAttributes(attribute("url.path", "/api/v1/" + letters(random, 16)));
      log.addAttributes(attribute("user.id", letters(random, 12)));
      log.addAttributes(attribute("http.response.status_code", number(200 + random.nextInt(300))));
      log.addAttributes(attribute("duration", number(random.nextDouble() * 100)));
      log.addAttributes(attribute("thread.name", "worker-" + random.nextInt(16)));
      scope.addLogRecords(log);
    }
    Resource resource =
        resource("checkout").toBuilder()
            .addAttributes(attribute("service.instance.id", "checkout-1"))
            .addAttributes(attribute("host.name", "node-17"))
            .build();
    return ExportLogsServiceRequest.newBuilder()
        .addResourceLogs(ResourceLogs.newBuilder().setResource(resource).addScopeLogs(scope))
        .build();
  }

  public static Resource resource(String serviceName) {
    return Resource.newBuilder().addAttributes(attribute("service.name", serviceName)).build();
  }

  public static InstrumentationScope scope() {
    return InstrumentationScope.newBuilder().setName("duckspool.test").setVersion("1.0").build();
  }

  public static KeyValue attribute(String key, String value) {
    return attribute(key, text(value));
  }

  public static KeyValue attribute(String key, AnyValue value) {
    return KeyValue.newBuilder().setKey(key).setValue(value).build();
  }

  public static AnyValue text(String value) {
    return AnyValue.newBuilder().setStringValue(value).build();
  }

  public static AnyValue number(long value) {
    return AnyValue.newBuilder().setIntValue(value).build();
  }

  public static AnyValue number(double value) {
    return AnyValue.newBuilder().setDoubleValue(value).build();
  }

  public static AnyValue bool(boolean value) {
    return AnyValue.newBuilder().setBoolValue(value).build();
  }

  public static AnyValue bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return AnyValue.newBuilder().setBytesValue(ByteString.copyFrom(bytes)).build();
  }

  public static AnyValue array(AnyValue... values) {
    return AnyValue.newBuilder()
        .setArrayValue(ArrayValue.newBuilder().addAllValues(List.of(values)))
        .build();
  }

  public static AnyValue kvlist(KeyValue... values) {
    return AnyValue.newBuilder()
        .setKvlistValue(KeyValueList.newBuilder().addAllValues(List.of(values)))
        .build();
  }

  /** An id of {@code length} bytes that counts up from {@code first}. */
  public static ByteString id(int first, int length) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) (first + i);
    }
    return ByteString.copyFrom(bytes);
  }

  static ByteString bytes(Random random, int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return ByteString.copyFrom(bytes);
  }

  private static String letters(Random random, int length) {
    StringBuilder text = new StringBuilder(length);
    for (int i = 0; i < length; i++) {
      text.append((char) (random.nextInt(6) == 0 ? ' ' : 'a' + random.nextInt(26)));
    }
    return text.toString();
  }

  /** Writes {@code request} in {@code format}; as NDJSON on one line. */
  public static byte[] write(Message request, PayloadFormat format) {
    return switch (format) {
      case PROTOBUF -> request.toByteArray();
      case JSON -> OtlpJson.PLAIN.write(request).getBytes(StandardCharsets.UTF_8);
      case NDJSON -> (OtlpJson.PLAIN.write(request) + "\n").getBytes(StandardCharsets.UTF_8);
    };
  }
}
