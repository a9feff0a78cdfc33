package io.duckspool.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.duckspool.deploy.harness.Rig;
import io.duckspool.deploy.harness.Tables;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.Value;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.context.Scope;
import io.opentelemetry.exporter.otlp.http.logs.OtlpHttpLogRecordExporter;
import io.opentelemetry.exporter.otlp.http.metrics.OtlpHttpMetricExporter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.metrics.v1.SummaryDataPoint;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.logs.SdkLoggerProvider;
import io.opentelemetry.sdk.logs.export.BatchLogRecordProcessor;
import io.opentelemetry.sdk.metrics.Aggregation;
import io.opentelemetry.sdk.metrics.InstrumentSelector;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.View;
import io.opentelemetry.sdk.metrics.export.PeriodicMetricReader;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SpanLimits;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The unmodified OpenTelemetry Java SDK exports over OTLP/HTTP protobuf; every item must be in its
 * table, column by column as the SDK had it, and nothing else may be there.
 */
@Tag("e2e")
final class SdkIT {
  private static final AttributeKey<String> TEXT = AttributeKey.stringKey("text");
  private static final Attributes EVERY_KIND =
      Attributes.builder()
          .put("text", "Grüße, \"quoted\" \\ \n\t\u0001 日本 🦆")
          .put("empty", "")
          .put("yes", true)
          .put("long", Long.MIN_VALUE)
          .put("double", 637.704)
          .put("big", 1.0E16)
          .put(AttributeKey.stringArrayKey("texts"), List.of("a", "b"))
          .put(AttributeKey.longArrayKey("longs"), List.of(1L, Long.MAX_VALUE))
          .put(AttributeKey.doubleArrayKey("doubles"), List.of(0.5, -1.25))
          .put(AttributeKey.booleanArrayKey("flags"), List.of(true, false))
          .put("Ünïcode", "key")
          .build();
  private static final Resource RESOURCE =
      Resource.getDefault()
          .merge(
              Resource.create(
                  Attributes.builder()
                      .put("service.name", "shop")
                      .put("service.namespace", "e2e")
                      .put("service.instance.id", "i-1")
                      .put("host.cpus", 2)
                      .build()));

  private final SdkTee tee = new SdkTee();

  @TempDir Path folder;

  @Test
  void javaSdk_landsEveryItem_withTheValuesItHad() throws SQLException, IOException {
    try (Rig rig = Rig.in(folder).start()) {
      String url = "http://127.0.0.1:" + rig.port();
      String token = "Bearer " + Rig.TOKEN;
      try (SdkTracerProvider tracing =
              SdkTracerProvider.builder()
                  .setResource(RESOURCE)
                  .setSpanLimits(
                      SpanLimits.builder()
                          .setMaxNumberOfAttributes(12)
                          .setMaxNumberOfEvents(3)
                          .setMaxNumberOfLinks(2)
                          .build())
                  .addSpanProcessor(
                      BatchSpanProcessor.builder(
                              tee.spans(
                                  OtlpHttpSpanExporter.builder()
                                      .setEndpoint(url + "/v1/traces")
                                      .addHeader("Authorization", token)
                                      .build()))
                          .build())
                  .build();
          SdkLoggerProvider logging =
              SdkLoggerProvider.builder()
                  .setResource(RESOURCE)
                  .addLogRecordProcessor(
                      BatchLogRecordProcessor.builder(
                              tee.logs(
                                  OtlpHttpLogRecordExporter.builder()
                                      .setEndpoint(url + "/v1/logs")
                                      .addHeader("Authorization", token)
                                      .setCompression("gzip")
                                      .build()))
                          .build())
                  .build();
          SdkMeterProvider metering =
              SdkMeterProvider.builder()
                  .setResource(RESOURCE)
                  .registerView(
                      InstrumentSelector.builder().setName("exponential").build(),
                      View.builder()
                          .setAggregation(Aggregation.base2ExponentialBucketHistogram())
                          .build())
                  .registerView(
                      InstrumentSelector.builder().setName("filtered").build(),
                      View.builder().setAttributeFilter(Set.of("kept")).build())
                  .registerMetricReader(
                      PeriodicMetricReader.builder(
                              tee.metrics(
                                  OtlpHttpMetricExporter.builder()
                                      .setEndpoint(url + "/v1/metrics")
                                      .addHeader("Authorization", token)
                                      .build()))
                          .setInterval(Duration.ofHours(1))
                          .build())
                  .build()) {
        Span span = trace(tracing);
        log(logging, span);
        measure(metering, span);
        for (CompletableResultCode flushed :
            List.of(tracing.forceFlush(), logging.forceFlush(), metering.forceFlush())) {
          flushed.join(60, TimeUnit.SECONDS);
          assertEquals(true, flushed.isSuccess(), rig::logs);
        }
      }
      assertFalse(tee.exports().isEmpty());
      tee.exports().forEach(export -> assertEquals(true, export.isSuccess(), rig::logs));
      Rows expected = tee.rows();
      addSummary(rig, expected);
      rig.awaitCommitted();
      rig.stop();
      try (Connection connection = rig.openDatabase()) {
        Rows.assertSame(Tables.signalTables(), expected, read(connection));
      }
      for (String table : Tables.signalTables()) {
        assertFalse(expected.of(table).isEmpty(), "nothing was sent to " + table);
      }
    }
  }

  /** All rows but the fences of the harness. */
  static Rows read(Connection connection) throws SQLException {
    Rows found = new Rows();
    for (String table : Tables.signalTables()) {
      String condition =
          table.equals("otlp_logs") ? " WHERE NOT starts_with(coalesce(body, ''), 'fence ')" : "";
      for (Map<String, @Nullable Object> row :
          Tables.rows(connection, "SELECT * FROM " + table + condition)) {
        found.add(table, row);
      }
    }
    return found;
  }

  private static Span trace(SdkTracerProvider tracing) {
    var tracer = tracing.tracerBuilder("tracer").setInstrumentationVersion("1.2").build();
    SpanContext remote =
        SpanContext.createFromRemoteParent(
            "0af7651916cd43dd8448eb211c80319c",
            "b7ad6b7169203331",
            TraceFlags.getSampled(),
            TraceState.builder().put("vendor", "state").build());
    Span root =
        tracer
            .spanBuilder("root")
            .setParent(io.opentelemetry.context.Context.root().with(Span.wrap(remote)))
            .setSpanKind(SpanKind.SERVER)
            .setAllAttributes(EVERY_KIND)
            .addLink(remote, EVERY_KIND)
            .addLink(remote)
            .addLink(remote)
            .startSpan();
    for (int i = 0; i < 5; i++) {
      root.addEvent("event " + i, EVERY_KIND);
      root.setAttribute("more " + i, i);
    }
    root.setStatus(StatusCode.ERROR, "it broke");
    for (SpanKind kind : SpanKind.values()) {
      Span child =
          tracer
              .spanBuilder("child " + kind)
              .setParent(io.opentelemetry.context.Context.root().with(root))
              .setSpanKind(kind)
              .startSpan();
      if (kind == SpanKind.CLIENT) {
        child.setStatus(StatusCode.OK);
      }
      child.end();
    }
    tracing.tracerBuilder("other").build().spanBuilder("").setNoParent().startSpan().end();
    root.end();
    return root;
  }

  private static void log(SdkLoggerProvider logging, Span span) {
    var logger = logging.loggerBuilder("logger").setInstrumentationVersion("0.9").build();
    try (Scope scope = span.makeCurrent()) {
      logger
          .logRecordBuilder()
          .setTimestamp(1_700_000_000_123_456_789L, TimeUnit.NANOSECONDS)
          .setSeverity(Severity.WARN2)
          .setSeverityText("warning")
          .setEventName("device.app.lifecycle")
          .setBody("within a span")
          .setAllAttributes(EVERY_KIND)
          .emit();
    }
    for (Severity severity : Severity.values()) {
      logger.logRecordBuilder().setSeverity(severity).setBody("at " + severity).emit();
    }
    logger.logRecordBuilder().emit();
    logger.logRecordBuilder().setBody(Value.of(Long.MAX_VALUE)).emit();
    logger.logRecordBuilder().setBody(Value.of(true)).emit();
    logger.logRecordBuilder().setBody(Value.of(637.704)).emit();
    logger.logRecordBuilder().setBody(Value.of(new byte[] {0, 1, -1})).emit();
    logging.loggerBuilder("").build().logRecordBuilder().setBody("no scope").emit();
  }

  private static void measure(SdkMeterProvider metering, Span span) {
    var meter = metering.meterBuilder("meter").setInstrumentationVersion("3").build();
    meter.gaugeBuilder("double.gauge").setUnit("Cel").build().set(21.5, EVERY_KIND);
    meter.gaugeBuilder("long.gauge").ofLongs().build().set(Long.MIN_VALUE);
    meter.gaugeBuilder("observed").buildWithCallback(m -> m.record(Double.POSITIVE_INFINITY));
    meter.counterBuilder("counter").setDescription("counted").build().add(3, EVERY_KIND);
    meter.counterBuilder("double.counter").ofDoubles().build().add(0.5);
    meter.upDownCounterBuilder("up.and.down").build().add(-7);
    var histogram = meter.histogramBuilder("histogram").setUnit("s").build();
    var longs =
        meter
            .histogramBuilder("long.histogram")
            .ofLongs()
            .setExplicitBucketBoundariesAdvice(List.of(10L, 20L))
            .build();
    var exponential = meter.histogramBuilder("exponential").build();
    var filtered = meter.counterBuilder("filtered").build();
    try (Scope scope = span.makeCurrent()) {
      histogram.record(0.25, EVERY_KIND);
      histogram.record(9000, EVERY_KIND);
      filtered.add(5, Attributes.of(TEXT, "dropped", AttributeKey.stringKey("kept"), "yes"));
    }
    longs.record(15);
    for (double value : new double[] {0, 1, 2, 1000.5}) {
      exponential.record(value, EVERY_KIND);
    }
  }

  /** No SDK makes summaries, so this one is made by hand. */
  private static void addSummary(Rig rig, Rows expected) throws IOException {
    var request = ExportMetricsServiceRequest.newBuilder();
    var resource = request.addResourceMetricsBuilder();
    resource
        .getResourceBuilder()
        .addAttributes(
            KeyValue.newBuilder()
                .setKey("service.name")
                .setValue(AnyValue.newBuilder().setStringValue("by hand")));
    var metrics = resource.addScopeMetricsBuilder();
    metrics.getScopeBuilder().setName("hand").setVersion("1");
    metrics
        .addMetricsBuilder()
        .setName("summary")
        .setDescription("of times")
        .setUnit("ms")
        .getSummaryBuilder()
        .addDataPoints(
            SummaryDataPoint.newBuilder()
                .setTimeUnixNano(1_700_000_000_999_999_999L)
                .setStartTimeUnixNano(1_700_000_000_000_000_000L)
                .setCount(7)
                .setSum(10.5)
                .addQuantileValues(quantile(0.5, 1.5))
                .addQuantileValues(quantile(0.99, 4))
                .setFlags(1)
                .addAttributes(
                    KeyValue.newBuilder()
                        .setKey("k")
                        .setValue(AnyValue.newBuilder().setIntValue(1))));
    assertEquals(
        202,
        rig.post("/v1/metrics", "application/x-protobuf", request.build().toByteArray()).status());
    Map<String, @Nullable Object> row = new LinkedHashMap<>();
    row.put("time_unix_nano", 1_700_000_000_999_999L);
    row.put("start_time_unix_nano", 1_700_000_000_000_000L);
    row.put("name", "summary");
    row.put("description", "of times");
    row.put("unit", "ms");
    row.put("count", 7);
    row.put("sum", 10.5);
    row.put("quantiles", List.of(0.5, 0.99));
    row.put("quantile_values", List.of(1.5, 4.0));
    row.put("service_name", "by hand");
    row.put("service_namespace", null);
    row.put("service_instance_id", null);
    row.put("resource_attributes", "{\"service.name\":\"by hand\"}");
    row.put("scope_name", "hand");
    row.put("scope_version", "1");
    row.put("scope_attributes", null);
    row.put("metric_attributes", "{\"k\":1}");
    row.put("flags", 1);
    expected.add("otlp_metrics_summary", row);
  }

  private static SummaryDataPoint.ValueAtQuantile quantile(double quantile, double value) {
    return SummaryDataPoint.ValueAtQuantile.newBuilder()
        .setQuantile(quantile)
        .setValue(value)
        .build();
  }
}
