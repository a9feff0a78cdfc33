package io.duckspool.writer.pipeline;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.server.ServerFile;
import io.duckspool.common.server.ServerFolder;
import io.duckspool.common.server.ServerState;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolPosition;
import io.duckspool.writer.batch.SealTrigger;
import io.duckspool.writer.sink.LedgerRow;
import io.duckspool.writer.sink.Sink;
import io.duckspool.writer.sink.SinkException;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The pipelines of the writer by spool id: one for each server that serves or stops. What the
 * control port asks for goes through here. Thread-safe.
 */
public final class Pipelines {

  /** How long an abandoned drain may still take to let go of what it has in hand. */
  private static final long GRACE_MILLIS = 5_000;

  private static final long REPLY_POLL_MILLIS = 500;

  private final PipelineParts parts;
  private final PipelineDefaults defaults;
  private final SinkFactory sinks;
  private final Map<String, Entry> entries = new ConcurrentHashMap<>();

  /** Guarded by this object's monitor. */
  private boolean isClosing;

  private record Entry(PipelineSettings settings, PipelineThread thread) {}

  public Pipelines(PipelineParts parts, PipelineDefaults defaults, SinkFactory sinks) {
    this.parts = parts;
    this.defaults = defaults;
    this.sinks = sinks;
  }

  /**
   * Checks and makes the target of a server, its ledger row included, and starts its pipeline. Safe
   * to repeat. Blocking; durable when it returns.
   *
   * @throws SinkException the target is refused, or doesn't answer
   * @throws IOException the server's folder can't be read, or is another server's
   */
  public AdminApi.Prepared prepare(AdminApi.Prepare request) throws SinkException, IOException {
    ServerFolder folder = folderOf(request);
    ServerFile file = ServerFile.read(folder);
    if (!file.spoolId().equals(request.spoolId())) {
      throw new IOException(
          "server " + request.server() + " has spool " + file.spoolId() + ", not the one asked");
    }
    Sink sink = sinks.open(defaults.target(file.config()));
    boolean isTaken = false;
    try {
      if (file.state() == ServerState.PREPARING) {
        SpoolPosition start = new SpoolPosition(PipelineDefaults.firstIndex(file), 0, 0, 0);
        LedgerRow unused =
            sink.prepare(
                new LedgerRow(
                    file.spoolId(),
                    file.config().uri(),
                    file.runId(),
                    start,
                    0,
                    parts.clock().instant()));
      } else {
        sink.check(); // A ledger row that is missing now is lost: the pipeline refuses.
      }
      String catalog = sink.catalogName();
      isTaken = ensure(folder, file, sink);
      return new AdminApi.Prepared(file.spoolId(), catalog);
    } finally {
      if (!isTaken) {
        sink.close();
      }
    }
  }

  /** Commits everything before an index; waits for it. */
  public AdminApi.Sealed seal(AdminApi.Seal request) throws InterruptedException {
    SpoolIndex upTo = SpoolIndex.parse(request.index());
    SealTrigger trigger =
        switch (request.trigger()) {
          case "flush" -> SealTrigger.FLUSH;
          case "stop" -> SealTrigger.STOP;
          default ->
              throw new IllegalArgumentException(
                  "trigger must be flush or stop, got " + request.trigger());
        };
    @Nullable Entry entry = entries.get(request.spoolId());
    if (entry == null || !entry.thread().isAlive()) {
      return new AdminApi.Sealed("unknown", 0, 0, "the writer has no pipeline for this spool");
    }
    CompletableFuture<AdminApi.Sealed> reply = new CompletableFuture<>();
    if (!entry.thread().offer(new PipelineCommand.Seal(upTo, trigger, reply))) {
      return failed(entry, "too many requests wait already");
    }
    Optional<AdminApi.Sealed> sealed = await(entry, reply, request.timeoutMs());
    return sealed.orElseGet(
        () -> failed(entry, "not sealed within " + request.timeoutMs() + " ms"));
  }

  /** Closes the files of a spool for a while; true when none of them is open, now or at all. */
  public boolean release(AdminApi.Release request, long timeoutMillis) throws InterruptedException {
    @Nullable Entry entry = entries.get(request.spoolId());
    CompletableFuture<Boolean> reply = new CompletableFuture<>();
    if (entry == null || !entry.thread().isAlive()) {
      return true;
    }
    return entry.thread().offer(new PipelineCommand.Release(reply))
        && await(entry, reply, timeoutMillis).isPresent();
  }

  /** Has a paused pipeline go on; false when there is no such pipeline. */
  public boolean resume(String spoolId, long timeoutMillis) throws InterruptedException {
    @Nullable Entry entry = entries.get(spoolId);
    CompletableFuture<Boolean> reply = new CompletableFuture<>();
    return entry != null
        && entry.thread().offer(new PipelineCommand.Resume(reply))
        && await(entry, reply, timeoutMillis).isPresent();
  }

  /** Sets the ledger of a server whose pipeline refuses to start; waits for it. */
  public LedgerOutcome setLedger(AdminApi.SetLedger request, long timeoutMillis)
      throws InterruptedException {
    if (request.next() != null) {
      SpoolIndex unused = SpoolIndex.parse(request.next());
    }
    Optional<Entry> refused =
        entries.values().stream()
            .filter(entry -> entry.settings().listenUri().equals(request.listenUri()))
            .findFirst();
    if (refused.isEmpty()) {
      return new LedgerOutcome.Refused("the writer has no pipeline for " + request.listenUri());
    }
    CompletableFuture<LedgerOutcome> reply = new CompletableFuture<>();
    if (!refused.get().thread().offer(new PipelineCommand.SetLedger(request, reply))) {
      return new LedgerOutcome.Refused("the pipeline is busy, try again");
    }
    return await(refused.get(), reply, timeoutMillis)
        .orElseGet(
            () ->
                new LedgerOutcome.Refused(
                    "no answer within " + timeoutMillis + " ms; it may still be set"));
  }

  /** The pipelines as they are now, by listen URI. */
  public List<AdminApi.PipelineStatus> statuses() {
    long now = parts.clock().millis();
    long nanos = parts.nanoTicker().getAsLong();
    return entries.values().stream()
        .map(e -> e.thread().pipeline().snapshot().toStatus(e.settings(), now, nanos))
        .sorted(Comparator.comparing(AdminApi.PipelineStatus::listenUri))
        .toList();
  }

  /** The last seals of a spool, newest first; empty for an unknown one. */
  public List<SealRecord> seals(String spoolId) {
    @Nullable Entry entry = entries.get(spoolId);
    return entry == null ? List.of() : entry.thread().pipeline().seals();
  }

  /**
   * Why the writer isn't ready: the code of the first pipeline that does not do what it should. A
   * seal that fails counts once entries have waited for long.
   */
  public Optional<String> degradation() {
    for (AdminApi.PipelineStatus status : statuses()) {
      if (status.state().equals(PipelineState.TARGET_REFUSED.text())
          || status.state().equals(PipelineState.PAUSED.text())) {
        return Optional.of(status.state());
      }
      @Nullable Entry entry = entries.get(status.spoolId());
      long maxAge =
          entry == null ? 0 : Math.max(3 * entry.settings().limits().sealMaxAgeMillis(), 15_000);
      @Nullable Long age = status.oldestBufferedAgeMs();
      if (status.sealFailing() && age != null && age > maxAge) {
        return Optional.of("seal_failed");
      }
    }
    return Optional.empty();
  }

  /**
   * Drains every pipeline to its durable mark, for a bounded time, and ends it.
   *
   * @param drainMillis for all together
   */
  public void close(long drainMillis) throws InterruptedException {
    synchronized (this) {
      isClosing = true;
    }
    entries.values().forEach(e -> e.thread().offer(new PipelineCommand.ShutDown()));
    long deadline = parts.nanoTicker().getAsLong() + TimeUnit.MILLISECONDS.toNanos(drainMillis);
    for (Entry entry : entries.values()) {
      long left = TimeUnit.NANOSECONDS.toMillis(deadline - parts.nanoTicker().getAsLong());
      entry.thread().join(left, GRACE_MILLIS);
    }
  }

  /** Brings the pipeline of a server into the shape that its file asks for. */
  void update(ServerFolder folder, ServerFile file) throws IOException {
    @Nullable Entry present = entries.get(file.spoolId());
    if (present == null || !present.thread().isAlive()) {
      Sink sink = openOrRefuse(file);
      if (!ensure(folder, file, sink)) {
        sink.close();
      }
      present = entries.get(file.spoolId());
    }
    if (present == null) {
      return;
    }
    if (file.state() != ServerState.SERVING) {
      present.thread().offer(new PipelineCommand.StopServer(file.state() == ServerState.DRAINED));
    }
    if (!defaults.limits(file.config()).equals(present.settings().limits())) {
      PipelineSettings other = defaults.settings(folder, file);
      present.thread().offer(new PipelineCommand.Limits(other.limits()));
      entries.put(file.spoolId(), new Entry(other, present.thread()));
    }
  }

  /** Ends the pipelines of servers that are no more; they have nothing left to drain. */
  void retain(List<String> spoolIds) {
    entries.forEach(
        (spoolId, entry) -> {
          if (!spoolIds.contains(spoolId)) {
            entry.thread().offer(new PipelineCommand.ShutDown());
            entries.remove(spoolId, entry);
          }
        });
  }

  /** A sink on the target of a server; one that refuses everything where that isn't supported. */
  Sink openOrRefuse(ServerFile file) throws IOException {
    try {
      return sinks.open(defaults.target(file.config()));
    } catch (SinkException e) {
      return new RefusingSink(e.reason());
    }
  }

  /** Whether the sink was taken by a new pipeline; false when there was one, or the writer ends. */
  private synchronized boolean ensure(ServerFolder folder, ServerFile file, Sink sink)
      throws IOException {
    @Nullable Entry present = entries.get(file.spoolId());
    if (isClosing || (present != null && present.thread().isAlive())) {
      return false;
    }
    PipelineSettings settings = defaults.settings(folder, file);
    PipelineThread thread = new PipelineThread(folder.name(), new Pipeline(settings, parts, sink));
    thread.start();
    entries.put(file.spoolId(), new Entry(settings, thread));
    return true;
  }

  private ServerFolder folderOf(AdminApi.Prepare request) throws IOException {
    return parts.data().listServers().stream()
        .filter(folder -> folder.name().equals(request.server()))
        .findFirst()
        .orElseThrow(() -> new IOException("no such server: " + request.server()));
  }

  /** Waits for a reply, also when the pipeline ends without giving one. */
  private static <T> Optional<T> await(
      Entry entry, CompletableFuture<T> reply, @Nullable Long timeoutMillis)
      throws InterruptedException {
    long left = timeoutMillis == null ? Long.MAX_VALUE : timeoutMillis;
    while (true) {
      long step = Math.min(left, REPLY_POLL_MILLIS);
      try {
        return Optional.of(reply.get(step, TimeUnit.MILLISECONDS));
      } catch (TimeoutException e) {
        left -= step;
        if (left <= 0 || !entry.thread().isAlive()) {
          reply.cancel(false);
          return Optional.empty();
        }
      } catch (ExecutionException e) {
        throw new IllegalStateException("a pipeline could not do what was asked", e);
      }
    }
  }

  private static AdminApi.Sealed failed(Entry entry, String error) {
    long seals = entry.thread().pipeline().snapshot().sealsTotal();
    return new AdminApi.Sealed("error", 0, seals, error);
  }
}
