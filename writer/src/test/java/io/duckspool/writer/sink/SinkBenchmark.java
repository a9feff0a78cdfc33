package io.duckspool.writer.sink;

import com.google.protobuf.ByteString;
import io.duckspool.common.otlp.OtlpLimits;
import io.duckspool.common.otlp.OtlpParser;
import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.common.otlp.PayloadFormat;
import io.duckspool.common.otlp.Signal;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolPosition;
import io.duckspool.writer.batch.Batch;
import io.duckspool.writer.batch.BatchMemory;
import io.duckspool.writer.batch.SealTrigger;
import io.duckspool.writer.batch.SealedBatch;
import io.opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.logs.v1.LogRecord;
import io.opentelemetry.proto.logs.v1.ResourceLogs;
import io.opentelemetry.proto.logs.v1.ScopeLogs;
import io.opentelemetry.proto.resource.v1.Resource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Random;

/**
 * Payload bytes to rows committed to a DuckDB file, in batches of some 100,000 log rows, against
 * DuckDB's own {@code INSERT … SELECT} of ready rows and COMMIT in the same run. Prints rows/s of
 * both and their ratio.
 *
 * <pre>
 * mvn -pl writer -am test-compile
 * java $jvm_flags -cp … -Xmx512m io.duckspool.writer.sink.SinkBenchmark FOLDER [seals]
 * </pre>
 */
public final class SinkBenchmark {

  private static final String LOGS = OtlpTable.LOGS.tableName();
  private static final int WARM_UP = 3;
  private static final int RECORDS = 512;
  private static final int REQUESTS_A_SEAL = 196;
  private static final String SPOOL = "00000000000000000000000000000000";

  private SinkBenchmark() {}

  public static void main(String[] args) throws Exception {
    Path folder = Files.createDirectories(Path.of(args[0]));
    int seals = args.length > 1 ? Integer.parseInt(args[1]) : 10;
    byte[][] requests = new byte[16][];
    for (int i = 0; i < requests.length; i++) {
      requests[i] = request(new Random(i)).toByteArray();
    }
    System.out.println("bytes a record: " + requests[0].length / RECORDS);
    try (BatchMemory memory = new BatchMemory(512L << 20, 256L << 20);
        Batch batch = memory.openBatch();
        DuckDbDatabase database = open(folder.resolve("sink.duckdb"));
        DuckDbDatabase floorDatabase = open(folder.resolve("floor.duckdb"))) {
      seal(batch, floorDatabase, requests, 0);
      try (Session floor = floorDatabase.openSession()) {
        floor.execute("CREATE TEMP TABLE ready AS FROM " + LOGS);
        floor.execute("CHECKPOINT");
        long rows = 0;
        long sinkNanos = 0;
        long floorNanos = 0;
        for (int round = -WARM_UP; round < seals; round++) {
          long start = System.nanoTime();
          rows += seal(batch, database, requests, round + WARM_UP);
          sinkNanos += System.nanoTime() - start;
          start = System.nanoTime();
          floor.begin();
          floor.execute("INSERT INTO " + LOGS + " FROM ready");
          floor.commit();
          floorNanos += System.nanoTime() - start;
          if (round < 0) {
            rows = sinkNanos = floorNanos = 0;
          }
        }
        System.out.printf(
            "sink %,d rows/s  floor %,d rows/s  ratio %.2f  Arrow held %d MiB%n",
            rows * 1_000_000_000L / sinkNanos,
            rows * 1_000_000_000L / floorNanos,
            (double) floorNanos / sinkNanos,
            memory.allocatedBytes() >> 20);
      }
    }
  }

  private static DuckDbDatabase open(Path file) throws Exception {
    Files.deleteIfExists(file);
    DuckDbSettings settings =
        new DuckDbSettings(
            Optional.of(file),
            1L << 30,
            2,
            file.resolveSibling(file.getFileName() + ".tmp"),
            Optional.empty(),
            false,
            Optional.ofNullable(System.getProperty("benchmark.init_sql")));
    return DuckDbDatabase.open(settings, InstantSource.system(), System::nanoTime);
  }

  /** Decodes a batch and commits it as seal number {@code seal}; returns its rows. */
  private static long seal(Batch batch, DuckDbDatabase database, byte[][] requests, int seal)
      throws Exception {
    OtlpParser parser = new OtlpParser(OtlpLimits.DEFAULT);
    long start = System.nanoTime();
    for (int i = 0; i < REQUESTS_A_SEAL; i++) {
      byte[] bytes = requests[i % requests.length];
      batch.add(
          bytes.length,
          visitor ->
              parser.parse(Signal.LOGS, PayloadFormat.PROTOBUF, bytes, 0, bytes.length, visitor));
    }
    long rows = batch.rows();
    long decoded = System.nanoTime();
    SpoolPosition from = new SpoolPosition(new SpoolIndex(1, seal), 0, 0, 0);
    SpoolPosition to = from.at(new SpoolIndex(1, seal + 1));
    try (SealedBatch sealed = batch.seal();
        Sink sink = database.sink(Target.ofDefaultDatabase("main"))) {
      sink.prepare(new LedgerRow(SPOOL, "uri", "run", from, 0, Instant.EPOCH));
      LedgerMove move =
          new LedgerMove(SPOOL, "uri", from.next(), to, "run", SealTrigger.SIZE, Instant.EPOCH);
      Commit commit = sink.commit(sealed, move);
      System.out.printf(
          "rows %d  decode %d ms  insert %d ms  commit %d ms%n",
          rows,
          millis(decoded - start),
          millis(commit.appendNanos()),
          millis(commit.commitNanos()));
    }
    return rows;
  }

  private static long millis(long nanos) {
    return nanos / 1_000_000;
  }

  private static ExportLogsServiceRequest request(Random random) {
    Resource.Builder resource = Resource.newBuilder();
    resource.addAttributes(attribute("service.name", "checkout"));
    for (int i = 0; i < 5; i++) {
      resource.addAttributes(attribute("resource.key." + i, text(random, 20)));
    }
    ScopeLogs.Builder scope = ScopeLogs.newBuilder();
    scope.getScopeBuilder().setName("io.example.scope").setVersion("1.2.3");
    for (int i = 0; i < RECORDS; i++) {
      LogRecord.Builder log =
          LogRecord.newBuilder()
              .setTimeUnixNano(1_700_000_000_000_000_000L + random.nextInt(1_000_000_000))
              .setObservedTimeUnixNano(1_700_000_001_000_000_000L)
              .setSeverityNumberValue(9)
              .setSeverityText("INFO")
              .setTraceId(bytes(random, 16))
              .setSpanId(bytes(random, 8))
              .setBody(AnyValue.newBuilder().setStringValue(text(random, 300)));
      for (int k = 0; k < 6; k++) {
        log.addAttributes(attribute("key." + k, text(random, 12)));
      }
      scope.addLogRecords(log);
    }
    return ExportLogsServiceRequest.newBuilder()
        .addResourceLogs(ResourceLogs.newBuilder().setResource(resource).addScopeLogs(scope))
        .build();
  }

  private static KeyValue attribute(String key, String value) {
    return KeyValue.newBuilder()
        .setKey(key)
        .setValue(AnyValue.newBuilder().setStringValue(value))
        .build();
  }

  private static ByteString bytes(Random random, int count) {
    byte[] bytes = new byte[count];
    random.nextBytes(bytes);
    return ByteString.copyFrom(bytes);
  }

  /** Words of a small vocabulary, as log lines have them. */
  private static String text(Random random, int length) {
    String[] words = {"order", "failed", "user", "timeout", "retry", "payment", "GET", "/api/v1"};
    StringBuilder text = new StringBuilder();
    while (text.length() < length) {
      text.append(words[random.nextInt(words.length)]).append(random.nextInt(10_000)).append(' ');
    }
    text.setLength(length);
    return text.toString();
  }
}
