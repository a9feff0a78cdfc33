package io.duckspool.writer.pipeline;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.ListenUri;
import io.duckspool.common.metrics.Families;
import io.duckspool.common.server.ServerFile;
import io.duckspool.common.server.ServerFolder;
import io.duckspool.common.server.ServerState;
import io.duckspool.writer.sink.Sink;
import io.duckspool.writer.sink.SinkException;
import io.duckspool.writer.sink.Target;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The pipelines of the writer by spool id: one for each server that serves or stops. Started when
 * their server files are seen, ended when those are gone, or with the writer. Thread-safe.
 */
public final class Pipelines {

  /** How long an abandoned drain may still take to let go of what it has in hand. */
  private static final long GRACE_MILLIS = 5_000;

  private final PipelineParts parts;
  private final PipelineDefaults defaults;
  private final SinkFactory sinks;
  private final Map<String, PipelineHandle> handles = new ConcurrentHashMap<>();

  /** Guarded by this object's monitor. */
  private boolean isClosing;

  public Pipelines(PipelineParts parts, PipelineDefaults defaults, SinkFactory sinks) {
    this.parts = parts;
    this.defaults = defaults;
    this.sinks = sinks;
  }

  /** The pipelines as they are now, by listen URI. */
  public List<AdminApi.PipelineStatus> statuses() {
    long now = parts.clock().millis();
    long nanos = parts.nanoTicker().getAsLong();
    return byUri().stream()
        .map(handle -> handle.snapshot().toStatus(handle.settings(), now, nanos))
        .toList();
  }

  /** The last seals of each server, by listen URI, newest first. */
  public List<AdminApi.SealRow> seals() {
    return byUri().stream().flatMap(handle -> handle.thread().pipeline().seals().stream()).toList();
  }

  /** Adds what the seals of each server took, and what is in quarantine. */
  public void addMetrics(Families families) {
    byUri().forEach(handle -> handle.thread().pipeline().addMetrics(families));
  }

  /**
   * Why the writer isn't ready: the code of the first pipeline that does not do what it should. A
   * seal that fails counts once entries have waited for long.
   */
  public Optional<String> degradation() {
    long now = parts.clock().millis();
    long nanos = parts.nanoTicker().getAsLong();
    for (PipelineHandle handle : byUri()) {
      AdminApi.PipelineStatus status = handle.snapshot().toStatus(handle.settings(), now, nanos);
      if (status.state().equals(PipelineState.TARGET_REFUSED.text())
          || status.state().equals(PipelineState.PAUSED.text())) {
        return Optional.of(status.state());
      }
      long maxAge = Math.max(3 * handle.settings().limits().sealMaxAgeMillis(), 15_000);
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
    handles.values().forEach(e -> e.thread().offer(new PipelineCommand.ShutDown()));
    long deadline = parts.nanoTicker().getAsLong() + TimeUnit.MILLISECONDS.toNanos(drainMillis);
    for (PipelineHandle handle : handles.values()) {
      long left = TimeUnit.NANOSECONDS.toMillis(deadline - parts.nanoTicker().getAsLong());
      handle.thread().join(left, GRACE_MILLIS);
    }
  }

  /** What all of them share. */
  PipelineParts parts() {
    return parts;
  }

  /** The pipeline of a spool; it may have ended. */
  Optional<PipelineHandle> find(String spoolId) {
    return Optional.ofNullable(handles.get(spoolId));
  }

  /** Whether a spool has a pipeline that has not ended. */
  boolean isAlive(String spoolId) {
    return find(spoolId).filter(handle -> handle.thread().isAlive()).isPresent();
  }

  /** The pipeline of a server; it may have ended. */
  Optional<PipelineHandle> find(ListenUri uri) {
    // One that was drained may still be here beside that of a new server with its name.
    return handles.values().stream()
        .filter(handle -> handle.settings().listenUri().equals(uri.toString()))
        .max(Comparator.comparing(handle -> handle.thread().isAlive()));
  }

  /** Brings the pipeline of a server into the shape that its file asks for. */
  void update(ServerFolder folder, ServerFile file) throws IOException {
    @Nullable PipelineHandle present = handles.get(file.spoolId());
    if (present == null || !present.thread().isAlive() || !isAsAsked(present, file)) {
      Sink sink = openOrRefuse(file);
      if (!ensure(folder, file, sink)) {
        sink.close();
      }
      present = handles.get(file.spoolId());
    }
    if (present == null) {
      return;
    }
    if (file.state() != ServerState.SERVING) {
      present.thread().offer(new PipelineCommand.LookAtServer());
    }
    if (!defaults.limits(file.config()).equals(present.settings().limits())) {
      PipelineSettings other = defaults.settings(folder, file);
      present.thread().offer(new PipelineCommand.Limits(other.limits()));
      handles.replace(
          file.spoolId(), present, new PipelineHandle(other, present.target(), present.thread()));
    }
  }

  /**
   * Ends the pipelines of servers that are no more; they have nothing left to drain.
   *
   * @param spoolIds of the servers that are there
   * @param unreadable folders that hold a server which nobody can tell
   */
  void retain(Set<String> spoolIds, Set<ServerFolder> unreadable) {
    handles.forEach(
        (spoolId, handle) -> {
          if (!spoolIds.contains(spoolId) && !unreadable.contains(handle.settings().folder())) {
            handle.thread().offer(new PipelineCommand.ShutDown());
            handles.remove(spoolId, handle);
          }
        });
  }

  /**
   * Ends the pipeline of a spool, if any, without draining it.
   *
   * @return false when it is still busy with its target
   */
  boolean abandon(String spoolId, long timeoutMillis) throws InterruptedException {
    @Nullable PipelineHandle handle = handles.get(spoolId);
    if (handle == null) {
      return true;
    }
    handle.thread().abandon(timeoutMillis);
    if (handle.thread().isAlive()) {
      return false;
    }
    handles.remove(spoolId, handle);
    return true;
  }

  /** A sink on the target of a server; one that refuses everything where that isn't supported. */
  Sink openOrRefuse(ServerFile file) {
    try {
      return sinks.open(defaults.target(file.config()));
    } catch (SinkException e) {
      return new RefusingSink(e.reason());
    }
  }

  /** The file of a pipeline's server names another target by now, as the pipeline knows. */
  void retargeted(PipelineHandle present, PipelineSettings settings, Target target) {
    handles.replace(
        settings.spoolId(), present, new PipelineHandle(settings, target, present.thread()));
  }

  /**
   * Whether the sink was taken: by a new pipeline, or by one whose server asks something else of
   * its target by now. False when the one that is there does as asked, the server file asks for
   * another target by now, or the writer ends.
   */
  synchronized boolean ensure(ServerFolder folder, ServerFile file, Sink sink) throws IOException {
    @Nullable PipelineHandle present = handles.get(file.spoolId());
    if (isClosing || !isCurrent(folder, file)) {
      return false;
    }
    PipelineSettings settings = defaults.settings(folder, file);
    PipelineThread thread;
    if (present == null || !present.thread().isAlive()) {
      thread = new PipelineThread(folder.name(), new Pipeline(settings, parts, sink));
      thread.start();
    } else if (!isAsAsked(present, file)
        && present.thread().offer(new PipelineCommand.Reconfigure(settings, sink))) {
      thread = present.thread();
    } else {
      return false; // A mailbox that is full has room at the next look.
    }
    Target target = defaults.target(file.config());
    handles.put(file.spoolId(), new PipelineHandle(settings, target, thread));
    return true;
  }

  private boolean isAsAsked(PipelineHandle present, ServerFile file) {
    return present.target().equals(defaults.target(file.config()));
  }

  /**
   * Whether the server file, which is changed before the handle is, still asks for this target. To
   * be called once the handle was looked up.
   */
  private boolean isCurrent(ServerFolder folder, ServerFile file) throws IOException {
    ServerFile now = ServerFile.read(folder);
    return now.spoolId().equals(file.spoolId())
        && defaults.target(now.config()).equals(defaults.target(file.config()));
  }

  private List<PipelineHandle> byUri() {
    return handles.values().stream()
        .sorted(Comparator.comparing(handle -> handle.settings().listenUri()))
        .toList();
  }
}
