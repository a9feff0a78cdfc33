package io.duckspool.writer.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.server.DataFolder;
import io.duckspool.common.server.ServerFolder;
import io.duckspool.spool.AppendListener;
import io.duckspool.spool.EntryMeta;
import io.duckspool.spool.Spool;
import io.duckspool.spool.SpoolException;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolOptions;
import io.duckspool.spool.SpoolPosition;
import io.duckspool.spool.SpoolStore;
import io.duckspool.spool.chronicle.ChronicleSpoolStore;
import io.duckspool.writer.batch.BatchMemory;
import io.duckspool.writer.batch.SealLimits;
import io.duckspool.writer.batch.SealTrigger;
import io.duckspool.writer.sink.DuckDbDatabase;
import io.duckspool.writer.sink.DuckDbSettings;
import io.duckspool.writer.sink.LedgerRow;
import io.duckspool.writer.sink.SinkException;
import io.duckspool.writer.sink.SqlRunner;
import io.duckspool.writer.sink.Target;
import io.opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.logs.v1.LogRecord;
import io.opentelemetry.proto.logs.v1.ResourceLogs;
import io.opentelemetry.proto.logs.v1.ScopeLogs;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/**
 * One server over a real spool and a real DuckDB file, its pipeline driven by the test's own thread
 * and clock: waits take no time, and nothing is left to chance.
 */
final class PipelineHarness implements AutoCloseable {

  static final String URI = "otlp:localhost:4318";
  static final SealLimits LIMITS = new SealLimits(64L << 20, 5_000, 256L << 20, 500_000);

  private static final int TRACES = 2;
  private static final int MAX_STEPS = 200_000;

  final TestClock clock = new TestClock();
  final Path root;
  final DataFolder data;
  final ServerFolder folder;
  final String spoolId;
  final BatchMemory memory = new BatchMemory(1L << 30, 16L << 20);
  final List<String> sent = new ArrayList<>();
  final List<String> sentSpans = new ArrayList<>();

  /** Segments end where the receiver starts again, and not because a test takes long. */
  SpoolOptions options =
      SpoolOptions.defaults(1 << 20)
          .withDiskReserveBytes(0)
          .withSegmentBytes(512L << 20)
          .withSegmentAge(Duration.ofHours(1));

  SealLimits limits = LIMITS;
  DuckDbDatabase database;
  SpoolStore store = new ChronicleSpoolStore(InstantSource.system(), System::nanoTime);
  FaultySink sink;
  Optional<Spool> receiver = Optional.empty();
  Optional<Pipeline> running = Optional.empty();
  private SpoolIndex firstIndex;
  private int runs;
  private String aliveRun = "";
  private Runnable beforeAliveAnswer = () -> {};

  private final Target target;

  private PipelineHarness(Path root, String name, Target target) throws IOException {
    this.target = target;
    this.root = root;
    this.data = new DataFolder(root);
    data.create();
    this.folder = new ServerFolder(data.servers().resolve(name));
    Files.createDirectories(folder.path());
    this.spoolId =
        HexFormat.of().toHexDigits(0L) + HexFormat.of().toHexDigits((long) name.hashCode());
  }

  static DuckDbDatabase openDatabase(Path root) throws SinkException {
    return DuckDbDatabase.open(
        new DuckDbSettings(
            Optional.of(root.resolve("otlp.duckdb")),
            256L << 20,
            2,
            root.resolve("tmp"),
            Optional.empty(),
            false,
            Optional.empty()),
        InstantSource.system(),
        System::nanoTime);
  }

  /** A server with a receiver that runs, a ledger, and no pipeline yet. */
  static PipelineHarness open(Path root) throws Exception {
    return open(root, "localhost_4318", openDatabase(root));
  }

  static PipelineHarness open(Path root, String name, DuckDbDatabase database) throws Exception {
    return open(root, name, database, Target.ofDefaultDatabase("main"));
  }

  static PipelineHarness open(Path root, String name, DuckDbDatabase database, Target target)
      throws Exception {
    PipelineHarness harness = new PipelineHarness(root, name, target);
    harness.startReceiver();
    harness.openTarget(database);
    harness.makeLedger();
    return harness;
  }

  /**
   * A receiver that runs; what the target is in is not open, so that another process may have it.
   */
  static PipelineHarness openSpool(Path root, Target target) throws Exception {
    PipelineHarness harness = new PipelineHarness(root, "localhost_4318", target);
    harness.startReceiver();
    return harness;
  }

  /**
   * The writer alone, of a server whose receiver is another process; makes the ledger.
   *
   * @param firstRun of the receiver when the spool began, at {@code firstIndex}
   */
  static PipelineHarness openWriter(
      Path root, CrashTarget target, SpoolIndex firstIndex, String firstRun, String aliveRun)
      throws Exception {
    PipelineHarness harness = new PipelineHarness(root, "localhost_4318", target.target());
    harness.firstIndex = firstIndex;
    harness.aliveRun = firstRun;
    harness.openTarget(target.open(root));
    LedgerRow unused =
        harness.sink.prepare(harness.ledgerAt(new SpoolPosition(firstIndex, 0, 0, 0), 0));
    harness.aliveRun = aliveRun;
    return harness;
  }

  /** Has the target in an instance, which is closed with this. */
  void openTarget(DuckDbDatabase other) throws SinkException {
    database = other;
    openSinkAnew();
  }

  /** The receiver starts, which begins a new segment. */
  Spool startReceiver() throws SpoolException {
    String runId = HexFormat.of().toHexDigits(1L) + HexFormat.of().toHexDigits((long) ++runs);
    Spool spool = store.openForAppend(folder.path(), spoolId, runId, options);
    receiver = Optional.of(spool);
    if (firstIndex == null) {
      firstIndex = spool.firstIndex();
    }
    aliveRun = runId;
    return spool;
  }

  void stopReceiver() {
    receiver.ifPresent(Spool::close);
    receiver = Optional.empty();
    aliveRun = "";
  }

  /** Lets something happen right before the pipeline is told whether the receiver is alive. */
  void beforeNextAliveAnswer(Runnable event) {
    beforeAliveAnswer = event;
  }

  /** Whether the receiver of a run holds its lock. */
  boolean isAlive(String run) {
    Runnable event = beforeAliveAnswer;
    beforeAliveAnswer = () -> {};
    event.run();
    return run.equals(aliveRun);
  }

  void restartReceiver() throws SpoolException {
    stopReceiver();
    startReceiver();
  }

  /**
   * Puts a copy of the server's folder in its place, and starts the receiver an hour later: what it
   * begins then is above all that were ever used.
   */
  void restoreFolder(Path copy) throws IOException, SpoolException {
    stopReceiver();
    Folders.restore(copy, folder.path());
    store =
        new ChronicleSpoolStore(
            InstantSource.offset(InstantSource.system(), Duration.ofHours(1)), System::nanoTime);
    startReceiver();
  }

  Spool spool() {
    return receiver.orElseThrow();
  }

  void makeLedger() throws SinkException {
    LedgerRow unused = sink.prepare(ledgerAt(startOfSpool(), 0));
  }

  SpoolPosition startOfSpool() {
    return new SpoolPosition(spool().firstIndex(), 0, 0, 0);
  }

  LedgerRow ledgerAt(SpoolPosition position, long seals) {
    return new LedgerRow(spoolId, URI, aliveRun, position, seals, clock.instant());
  }

  /** Where the spool began. */
  SpoolIndex firstIndex() {
    return firstIndex;
  }

  String aliveRun() {
    return aliveRun;
  }

  LedgerRow ledger() throws SinkException {
    return database.sink(target).readLedger(spoolId).orElseThrow();
  }

  /** Appends an entry of rows with names of their own and waits until it is durable. */
  SpoolIndex append(int rowCount) throws Exception {
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < rowCount; i++) {
      ids.add(spoolId.substring(28) + "-" + (sent.size() + i));
    }
    SpoolIndex index = appendPayload(rowCount, logs(ids, 0));
    sent.addAll(ids);
    return index;
  }

  /** Appends an entry of spans with names of their own and waits until it is durable. */
  SpoolIndex appendSpans(int rowCount) throws Exception {
    ScopeSpans.Builder scope = ScopeSpans.newBuilder();
    List<String> names = new ArrayList<>();
    for (int i = 0; i < rowCount; i++) {
      names.add("span-" + (sentSpans.size() + i));
      scope.addSpans(
          Span.newBuilder()
              .setTraceId(ByteString.copyFrom(new byte[16]))
              .setSpanId(ByteString.copyFrom(new byte[8]))
              .setName(names.get(i)));
    }
    SpoolIndex index =
        appendPayload(
            TRACES,
            rowCount,
            ByteBuffer.wrap(
                ExportTraceServiceRequest.newBuilder()
                    .addResourceSpans(ResourceSpans.newBuilder().addScopeSpans(scope))
                    .build()
                    .toByteArray()));
    sentSpans.addAll(names);
    return index;
  }

  /** Appends entries of one row each with so many bytes of padding. */
  void appendMany(int entryCount, int paddingBytes) throws Exception {
    CompletableFuture<SpoolIndex> last = new CompletableFuture<>();
    for (int i = 0; i < entryCount; i++) {
      String id = spoolId.substring(28) + "-" + sent.size();
      sent.add(id);
      last = new CompletableFuture<>();
      SpoolIndex unused = spool().append(meta(1), logs(List.of(id), paddingBytes), listener(last));
    }
    SpoolIndex unused = last.get(30, TimeUnit.SECONDS);
  }

  /** Appends a payload that no parser takes. */
  SpoolIndex appendGarbage(int rowCount) throws Exception {
    return appendPayload(
        rowCount, ByteBuffer.wrap("not protobuf".getBytes(StandardCharsets.UTF_8)));
  }

  SpoolIndex appendPayload(int rowCount, ByteBuffer payload) throws Exception {
    return appendPayload(1, rowCount, payload);
  }

  /**
   * Appends a payload as it is.
   *
   * @param signal its code
   */
  SpoolIndex appendPayload(int signal, int rowCount, ByteBuffer payload) throws Exception {
    CompletableFuture<SpoolIndex> durable = new CompletableFuture<>();
    EntryMeta meta = new EntryMeta(signal, 1, 0, rowCount, clock.unixNanos(), 7, sent.size());
    SpoolIndex unused = spool().append(meta, payload, listener(durable));
    return durable.get(30, TimeUnit.SECONDS);
  }

  /** What a writer has that starts anew: no pipeline yet, this server's sink for any target. */
  Pipelines noPipelines() {
    return new Pipelines(
        new PipelineParts(data, store, this::isAlive, memory, clock, clock),
        new PipelineDefaults(1 << 20, 1_000, true, false),
        target -> new FaultySink(sink));
  }

  PipelineSettings settings() {
    return new PipelineSettings(spoolId, URI, folder, limits, 1 << 20, false);
  }

  /** What the control port shows of the pipeline. */
  AdminApi.PipelineStatus status() {
    return running.orElseThrow().snapshot().toStatus(settings(), clock.millis(), clock.getAsLong());
  }

  Pipeline startPipeline() throws IOException {
    PipelineSettings settings = settings();
    PipelineParts parts = new PipelineParts(data, store, this::isAlive, memory, clock, clock);
    Pipeline pipeline = new Pipeline(settings, parts, sink);
    running = Optional.of(pipeline);
    return pipeline;
  }

  /** The process dies: nothing is closed in order, what was in memory is gone. */
  void crashPipeline() throws IOException {
    byte[] note = readNote();
    running.orElseThrow().close();
    running = Optional.empty();
    if (note.length > 0) {
      Files.write(folder.attemptsNote(), note);
    }
  }

  private byte[] readNote() throws IOException {
    return Files.exists(folder.attemptsNote())
        ? Files.readAllBytes(folder.attemptsNote())
        : new byte[0];
  }

  void closePipeline() throws IOException {
    running.orElseThrow().close();
    running = Optional.empty();
  }

  /** Steps the pipeline, waits taking no time, until something holds. */
  void runUntil(String what, BooleanSupplier condition) {
    Pipeline pipeline = running.orElseThrow();
    for (int i = 0; i < MAX_STEPS && !condition.getAsBoolean(); i++) {
      clock.advanceMillis(pipeline.doWork());
    }
    if (!condition.getAsBoolean()) {
      throw new AssertionError("never came: " + what + "; now " + pipeline.snapshot());
    }
  }

  /** Steps the pipeline without letting it wait. */
  void steps(int count) {
    for (int i = 0; i < count; i++) {
      long unused = running.orElseThrow().doWork();
    }
  }

  void runUntilState(PipelineState state) {
    runUntil(state.text(), () -> running.orElseThrow().snapshot().state() == state);
  }

  /** Until all that was appended is committed. */
  void drain() {
    long entries = spool().durable().entries();
    runUntil(entries + " entries committed", () -> hasCommitted(entries));
  }

  /** Before the ledger is read, what is committed is a hint. */
  private boolean hasCommitted(long entries) {
    PipelineSnapshot snapshot = running.orElseThrow().snapshot();
    return snapshot.state() != PipelineState.STARTING && snapshot.committed().entries() == entries;
  }

  /** A pipeline that commits all that was appended, and ends. */
  void commitAll() throws IOException {
    Pipeline unused = startPipeline();
    drain();
    closePipeline();
  }

  /**
   * Starts a pipeline, which has to refuse the target.
   *
   * @param parts of its reason
   */
  void assertRefuses(String... parts) throws IOException {
    Pipeline pipeline = startPipeline();
    runUntilState(PipelineState.TARGET_REFUSED);
    String error = String.valueOf(pipeline.snapshot().lastError());
    for (String part : parts) {
      assertTrue(error.contains(part), () -> "\"" + part + "\" is not in: " + error);
    }
  }

  /** Whether a batch with this entry in it, as rows, is frozen and the next step commits it. */
  boolean isAboutToCommit(SpoolIndex index) {
    return running
        .orElseThrow()
        .batchInHand()
        .filter(move -> move.first().compareTo(index) <= 0)
        .filter(move -> move.next().next().compareTo(index) > 0)
        .isPresent();
  }

  CompletableFuture<AdminApi.Sealed> flush(SpoolIndex upTo) {
    return seal(upTo, SealTrigger.FLUSH);
  }

  CompletableFuture<AdminApi.Sealed> seal(SpoolIndex upTo, SealTrigger trigger) {
    CompletableFuture<AdminApi.Sealed> reply = new CompletableFuture<>();
    running.orElseThrow().accept(new PipelineCommand.Seal(upTo, trigger, reply));
    return reply;
  }

  /** Each row that was sent is in the target once, and nothing else is. */
  void assertExactlyOnce() {
    assertEquals(sent.stream().sorted().toList(), storedIds());
    assertEquals(sentSpans.stream().sorted().toList(), storedSpans());
  }

  List<String> storedSpans() {
    return query("SELECT name FROM " + table("otlp_traces") + " ORDER BY name");
  }

  List<String> storedIds() {
    return query(
        "SELECT body FROM "
            + table("otlp_logs")
            + " WHERE body LIKE '"
            + spoolId.substring(28)
            + "-%' ORDER BY body");
  }

  /** A table of the target. */
  String table(String name) {
    String schema = '"' + target.schema() + "\"." + name;
    return target.catalog().isEmpty() ? schema : target.catalog() + "." + schema;
  }

  /** The sink as another process would have it, which has seen nothing yet. */
  void openSinkAnew() throws SinkException {
    sink = new FaultySink(database.sink(target));
  }

  List<String> query(String sql) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      long unused =
          database
              .sqlRunner()
              .run(
                  sql,
                  SqlRunner.Format.CSV,
                  new SqlRunner.Limits(1_000_000, 1 << 30, 60_000),
                  out,
                  () -> false);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (io.duckspool.writer.sink.QueryException e) {
      throw new IllegalStateException(e);
    }
    String[] lines = out.toString(StandardCharsets.UTF_8).split("\n");
    return Arrays.stream(lines, 1, lines.length).toList();
  }

  /** What a restored target looks like; the database is closed and opened again meanwhile. */
  void deleteRowsExcept(List<String> ids) throws Exception {
    database.close();
    try (var connection =
            java.sql.DriverManager.getConnection("jdbc:duckdb:" + root.resolve("otlp.duckdb"));
        var statement = connection.createStatement()) {
      int unused =
          statement.executeUpdate(
              "DELETE FROM otlp_logs WHERE body NOT IN ('" + String.join("', '", ids) + "')");
    }
    database = openDatabase(root);
    sink = new FaultySink(database.sink(target));
  }

  List<Path> quarantined() throws IOException {
    if (!Files.isDirectory(folder.quarantine())) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder.quarantine())) {
      return files.sorted().toList();
    }
  }

  List<Long> segments() throws SpoolException {
    try (var tailer = store.openForRead(folder.path(), spoolId, run -> run.equals(aliveRun))) {
      return tailer.segments();
    }
  }

  @Override
  public void close() throws IOException {
    if (running.isPresent()) {
      running.get().close();
    }
    stopReceiver();
    memory.close();
    if (database != null) {
      database.close();
    }
  }

  private EntryMeta meta(int rows) {
    return new EntryMeta(1, 1, 0, rows, clock.unixNanos(), 7, sent.size());
  }

  static ByteBuffer logs(List<String> ids, int paddingBytes) {
    ScopeLogs.Builder scope = ScopeLogs.newBuilder();
    for (String id : ids) {
      LogRecord.Builder log =
          LogRecord.newBuilder()
              .setTimeUnixNano(1_700_000_000_000_000_000L)
              .setBody(AnyValue.newBuilder().setStringValue(id));
      if (paddingBytes > 0) {
        log.setEventNameBytes(ByteString.copyFromUtf8("x".repeat(paddingBytes)));
      }
      scope.addLogRecords(log);
    }
    return ByteBuffer.wrap(
        ExportLogsServiceRequest.newBuilder()
            .addResourceLogs(ResourceLogs.newBuilder().addScopeLogs(scope))
            .build()
            .toByteArray());
  }

  private static AppendListener listener(CompletableFuture<SpoolIndex> durable) {
    return new AppendListener() {
      @Override
      public void onDurable(SpoolIndex index) {
        durable.complete(index);
      }

      @Override
      public void onFailed(SpoolIndex index, SpoolException failure) {
        durable.completeExceptionally(failure);
      }
    };
  }
}
