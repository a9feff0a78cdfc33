package io.duckspool.receiver.badinput;

import com.google.protobuf.Message;
import io.duckspool.common.otlp.OtlpSamples;
import io.duckspool.common.otlp.Signal;
import io.opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.logs.v1.LogRecord;
import io.opentelemetry.proto.logs.v1.ResourceLogs;
import io.opentelemetry.proto.logs.v1.ScopeLogs;
import io.opentelemetry.proto.metrics.v1.Gauge;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.NumberDataPoint;
import io.opentelemetry.proto.metrics.v1.ResourceMetrics;
import io.opentelemetry.proto.metrics.v1.ScopeMetrics;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;

/** Requests of one item and few bytes, with a field of each wire type. */
final class Small {

  private Small() {}

  static Message request(Signal signal) {
    return switch (signal) {
      case LOGS -> logs();
      case TRACES -> traces();
      case METRICS -> metrics();
    };
  }

  private static Message logs() {
    LogRecord.Builder log =
        LogRecord.newBuilder()
            .setTimeUnixNano(OtlpSamples.BASE_TIME_NANOS)
            .setSeverityNumberValue(9)
            .setFlags(1)
            .addAttributes(OtlpSamples.attribute("a", "b"));
    return ExportLogsServiceRequest.newBuilder()
        .addResourceLogs(
            ResourceLogs.newBuilder().addScopeLogs(ScopeLogs.newBuilder().addLogRecords(log)))
        .build();
  }

  private static Message traces() {
    Span.Builder span =
        Span.newBuilder()
            .setTraceId(OtlpSamples.id(1, 16))
            .setSpanId(OtlpSamples.id(1, 8))
            .setName("n")
            .setKindValue(2)
            .setFlags(1)
            .setStartTimeUnixNano(OtlpSamples.BASE_TIME_NANOS);
    return ExportTraceServiceRequest.newBuilder()
        .addResourceSpans(
            ResourceSpans.newBuilder().addScopeSpans(ScopeSpans.newBuilder().addSpans(span)))
        .build();
  }

  private static Message metrics() {
    NumberDataPoint.Builder point =
        NumberDataPoint.newBuilder()
            .setAsDouble(1.5)
            .setFlags(1)
            .addAttributes(OtlpSamples.attribute("a", "b"));
    return ExportMetricsServiceRequest.newBuilder()
        .addResourceMetrics(
            ResourceMetrics.newBuilder()
                .addScopeMetrics(
                    ScopeMetrics.newBuilder()
                        .addMetrics(
                            Metric.newBuilder()
                                .setName("m")
                                .setGauge(Gauge.newBuilder().addDataPoints(point)))))
        .build();
  }
}
