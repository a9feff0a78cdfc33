package io.duckspool.writer.sink;

import static io.duckspool.writer.sink.SinkContract.first;
import static io.duckspool.writer.sink.SinkContract.move;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.protobuf.ByteString;
import io.duckspool.common.otlp.OtlpLimits;
import io.duckspool.common.otlp.OtlpParser;
import io.duckspool.common.otlp.PayloadFormat;
import io.duckspool.common.otlp.PromotedKeys;
import io.duckspool.common.otlp.Signal;
import io.duckspool.writer.batch.Batch;
import io.duckspool.writer.batch.BatchMemory;
import io.duckspool.writer.batch.SealedBatch;
import io.opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
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
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each row is in the folder of its day, and each day has one file a seal. */
final class ParquetDaysTest {

  @TempDir(factory = MemoryDiskFactory.class)
  Path folder;

  private final BatchMemory memory = new BatchMemory(512L << 20, 0);
  private final OtlpParser parser = new OtlpParser(OtlpLimits.ACCEPTED, PromotedKeys.NONE);
  private DuckDbDatabase database;
  private Sink sink;

  @BeforeEach
  void open() throws Exception {
    Path root = folder.resolve("root");
    database =
        DuckDbDatabase.open(
            DuckDbRows.settings(folder)
                .with(
                    new ParquetSettings(
                        Optional.of(folder.resolve("data/staging")),
                        new TreeSet<>(Set.of(root.toString())))),
            InstantSource.fixed(SinkContract.NOW),
            System::nanoTime);
    sink = database.sink(new Target("", "main", true, true, Optional.of(root.toString())));
    sink.prepare(first());
  }

  @AfterEach
  void close() {
    sink.close();
    database.close();
    memory.close();
  }

  @Test
  void aLog_isOfTheDayOfItsTime_elseOfItsObservation_elseOfItsArrival() throws Exception {
    try (Batch batch = memory.openBatch()) {
      add(
          batch,
          "2026-03-01T23:59:59.999999999Z",
          log("t", "2026-01-31T23:59:59.999999999Z", "2020-01-01T00:00:00Z"));
      add(batch, "2026-03-01T23:59:59.999999999Z", log("o", "", "2026-02-01T00:00:00Z"));
      add(batch, "2026-03-01T23:59:59.999999999Z", log("a", "", ""));
      add(batch, "2026-03-02T00:00:00Z", log("b", "", ""));
      seal(batch);
    }
    assertEquals(
        List.of("[a, 2026, 03, 01]", "[b, 2026, 03, 02]", "[o, 2026, 02, 01]", "[t, 2026, 01, 31]"),
        days("otlp_logs", "body"));
    assertEquals(
        List.of("[a, null, null]", "[b, null, null]"),
        DuckDbRows.query(
            database,
            "SELECT body, time_unix_nano, observed_time_unix_nano FROM otlp_logs"
                + " WHERE body IN ('a', 'b') ORDER BY 1"));
  }

  @Test
  void aSpan_isOfTheDayOfItsStart_aPointOfThatOfItsTime() throws Exception {
    try (Batch batch = memory.openBatch()) {
      add(
          batch,
          Signal.TRACES,
          ExportTraceServiceRequest.newBuilder()
              .addResourceSpans(
                  ResourceSpans.newBuilder()
                      .addScopeSpans(
                          ScopeSpans.newBuilder()
                              .addSpans(
                                  Span.newBuilder()
                                      .setTraceId(
                                          ByteString.copyFrom(new byte[15])
                                              .concat(ByteString.copyFrom(new byte[] {1})))
                                      .setSpanId(
                                          ByteString.copyFrom(new byte[] {0, 0, 0, 0, 0, 0, 0, 1}))
                                      .setName("s")
                                      .setStartTimeUnixNano(nanos("2025-12-31T23:00:00Z"))
                                      .setEndTimeUnixNano(nanos("2026-01-01T01:00:00Z")))))
              .build()
              .toByteArray());
      Gauge.Builder gauge =
          Gauge.newBuilder()
              .addDataPoints(
                  NumberDataPoint.newBuilder().setTimeUnixNano(nanos("2262-04-11T00:00:00Z")))
              .addDataPoints(NumberDataPoint.newBuilder());
      add(
          batch,
          Signal.METRICS,
          ExportMetricsServiceRequest.newBuilder()
              .addResourceMetrics(
                  ResourceMetrics.newBuilder()
                      .addScopeMetrics(
                          ScopeMetrics.newBuilder()
                              .addMetrics(Metric.newBuilder().setName("g").setGauge(gauge))))
              .build()
              .toByteArray());
      seal(batch);
    }
    assertEquals(List.of("[s, 2025, 12, 31]"), days("otlp_traces", "name"));
    assertEquals(
        List.of("[g, 1970, 01, 01]", "[g, 2262, 04, 11]"), days("otlp_metrics_gauge", "name"));
  }

  @Test
  void manyDaysInALargeSeal_haveOneFileEach() throws Exception {
    int days = 200;
    String body = "x".repeat(500);
    try (Batch batch = memory.openBatch()) {
      for (int entry = 0; entry < 100; entry++) {
        ScopeLogs.Builder logs = ScopeLogs.newBuilder();
        for (int i = 0; i < 1_000; i++) {
          Instant time =
              Instant.parse("2026-01-01T00:00:00Z").plusSeconds(86_400L * (i % days) + entry);
          logs.addLogRecords(
              LogRecord.newBuilder()
                  .setTimeUnixNano(nanos(time.toString()))
                  .setBody(AnyValue.newBuilder().setStringValue(body + i)));
        }
        add(batch, "2026-03-02T00:00:00Z", logs);
      }
      seal(batch);
    }
    try (Stream<Path> all = Files.walk(folder.resolve("root"))) {
      assertEquals(days, all.filter(file -> file.toString().endsWith(".parquet")).count());
    }
    assertEquals(
        List.of("[100000, 200, 500]"),
        DuckDbRows.query(
            database,
            "SELECT count(*), count(DISTINCT time_unix_nano::DATE), min(n) FROM (SELECT"
                + " time_unix_nano, count(*) OVER (PARTITION BY time_unix_nano::DATE) AS n FROM"
                + " otlp_logs)"));
  }

  /** A column of each row with the day of its folder, which is sorted out by the file's name. */
  private List<String> days(String table, String column) throws Exception {
    return DuckDbRows.query(
        database,
        "SELECT "
            + column
            + ", year, month, day FROM read_parquet("
            + Identifiers.literal(folder + "/root/" + table + "/*/*/*/*.parquet")
            + ", hive_partitioning = true, hive_types_autocast = false) ORDER BY 1, 2");
  }

  private void seal(Batch batch) throws Exception {
    try (SealedBatch sealed = batch.seal()) {
      sink.commit(sealed, move(0, 1));
    }
  }

  private static ScopeLogs.Builder log(String body, String time, String observed) {
    return ScopeLogs.newBuilder()
        .addLogRecords(
            LogRecord.newBuilder()
                .setBody(AnyValue.newBuilder().setStringValue(body))
                .setTimeUnixNano(nanos(time))
                .setObservedTimeUnixNano(nanos(observed)));
  }

  private void add(Batch batch, String arrival, ScopeLogs.Builder logs) throws Exception {
    byte[] payload =
        ExportLogsServiceRequest.newBuilder()
            .addResourceLogs(ResourceLogs.newBuilder().addScopeLogs(logs))
            .build()
            .toByteArray();
    batch.add(
        payload.length,
        TimeUnit.NANOSECONDS.toMicros(nanos(arrival)),
        visitor ->
            parser.parse(Signal.LOGS, PayloadFormat.PROTOBUF, payload, 0, payload.length, visitor));
  }

  private void add(Batch batch, Signal signal, byte[] payload) throws Exception {
    batch.add(
        payload.length,
        0,
        visitor ->
            parser.parse(signal, PayloadFormat.PROTOBUF, payload, 0, payload.length, visitor));
  }

  private static long nanos(String instant) {
    if (instant.isEmpty()) {
      return 0;
    }
    Instant time = Instant.parse(instant);
    return TimeUnit.SECONDS.toNanos(time.getEpochSecond()) + time.getNano();
  }
}
