package io.duckspool.receiver.lifecycle;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.AdminException;
import io.duckspool.common.fault.CrashPoint;
import io.duckspool.common.server.ServerFile;
import io.duckspool.common.server.ServerFolder;
import io.duckspool.common.server.ServerState;
import io.duckspool.spool.Spool;
import io.duckspool.spool.SpoolException;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolPoisonedException;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to servers that nobody serves any more, until the writer has taken them away. For each, in
 * this order, each step tried again until it is done:
 *
 * <pre>
 * stopped.json, if it is declared -> server.json: stopping -> where its spool ends -> told to the writer
 * </pre>
 *
 * <p>The disk may be full when a server is stopped, the writer may be down, or restart before it is
 * done: so that a stop is never half done, only late.
 *
 * <p>The spool of a server that this process has not closed is opened and closed once: after a
 * power cut its mark may lie behind, and nobody but a receiver looks for entries that follow the
 * mark. The writer lets go of the spool meanwhile, and removes no server while a receiver runs that
 * has not told it where the spool ends, nor one whose folder says that the end isn't known; a
 * server whose removal it has begun is left alone. What was never served is removed at once.
 *
 * <p>If the process dies here, the next start finds the same servers noted or stopping, and begins
 * again; one of which nothing could be written yet serves again.
 *
 * <p>Has one thread of its own until {@link #close}; the calls come from any thread.
 */
final class StopNotices implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(StopNotices.class);

  /** How long the writer may hold a call; short, since a close waits for it (a guess). */
  private static final Duration SEAL_TIMEOUT = Duration.ofSeconds(1);

  private static final Duration CALL_TIMEOUT = Duration.ofSeconds(3);
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(30);

  private final Environment environment;
  private final StoppedServers stopped;
  private final SpoolOpener opener;
  private final Map<String, Notice> pending = new ConcurrentHashMap<>();
  private final ScheduledThreadPoolExecutor executor;

  StopNotices(Environment environment, StoppedServers stopped) {
    this.environment = environment;
    this.stopped = stopped;
    this.opener = new SpoolOpener(environment);
    this.executor =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread thread = new Thread(task, "stop-notices");
              thread.setDaemon(true);
              return thread;
            },
            new ThreadPoolExecutor.DiscardPolicy());
    executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  /** Takes up a server that was found stopping, or that is to be stopped as its folder stands. */
  void add(ServerFolder folder, ServerFile file) {
    begin(new Notice(folder, file.spoolId(), Optional.empty(), Optional.empty(), true));
  }

  /**
   * Takes up a server whose sockets and spool this process has closed, or never had open. Makes a
   * first try to write down that it stops, and is done with it whatever becomes of that.
   *
   * @param file as it is to be written, but for its state, whatever stands in the folder
   * @param end where the spool ends; empty when that isn't known
   * @param isDeclared whether it is to stay stopped although it is declared
   */
  void add(ServerFolder folder, ServerFile file, Optional<SpoolIndex> end, boolean isDeclared) {
    Notice notice = new Notice(folder, file.spoolId(), Optional.of(file), end, !isDeclared);
    try {
      boolean unused = notice.remember();
      CrashPoint.STOP_REMEMBERED.reached();
    } catch (IOException e) {
      notice.problem = String.valueOf(e.getMessage());
      LOG.error("{}: that it is stopped can't be written down, trying again", folder.name(), e);
    }
    begin(notice);
  }

  private void begin(Notice notice) {
    pending.put(notice.spoolId, notice);
    executor.execute(notice);
  }

  /** Why it isn't written down yet that a server is stopped; empty when it is. */
  Optional<String> problem(String spoolId) {
    return Optional.ofNullable(pending.get(spoolId))
        .map(notice -> notice.problem)
        .filter(problem -> !problem.isEmpty());
  }

  /**
   * Forgets a server, whose spool the caller takes over; waits for what is being done with it just
   * now.
   */
  void withdraw(String spoolId) throws InterruptedException {
    if (pending.remove(spoolId) == null) {
      return;
    }
    try {
      // One thread: what was begun before ends before.
      executor.submit(() -> {}).get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("nothing to do can't fail", e);
    }
  }

  /** Servers that the writer has not taken away yet. */
  int pending() {
    return pending.size();
  }

  /** Ends the thread, after the call it makes just now. */
  @Override
  public void close() {
    executor.shutdown();
    try {
      if (!executor.awaitTermination(CLOSE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
        LOG.warn("a stopped server is still being looked after; the next start goes on with it");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** One server on its way out. Used by one thread at a time: who adds it, then the executor's. */
  private final class Notice implements Runnable {

    private final ServerFolder folder;
    private final String spoolId;
    private final Backoff backoff = new Backoff();

    /** What this process knows better than the folder; empty once the folder has it. */
    private Optional<ServerFile> unwritten;

    private Optional<SpoolIndex> end;
    private boolean isNoted;
    private String lastError = "";
    private volatile String problem = "";

    Notice(
        ServerFolder folder,
        String spoolId,
        Optional<ServerFile> unwritten,
        Optional<SpoolIndex> end,
        boolean isNoted) {
      this.folder = folder;
      this.spoolId = spoolId;
      this.unwritten = unwritten;
      this.end = end;
      this.isNoted = isNoted;
    }

    @Override
    public void run() {
      try {
        if (pending.get(spoolId) != this) {
          return; // Withdrawn.
        }
        if (!rememberOrSayWhyNot()) {
          pending.remove(spoolId, this);
          return;
        }
        tell();
      } catch (IOException | SpoolException | AdminException | RuntimeException e) {
        String error = String.valueOf(e.getMessage());
        if (!error.equals(lastError)) {
          lastError = error;
          LOG.info("{}: its stop is tried again soon: {}", folder.name(), error, e);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
      var unused = executor.schedule(this, backoff.next().toMillis(), TimeUnit.MILLISECONDS);
    }

    private boolean rememberOrSayWhyNot() throws IOException {
      try {
        boolean isLeft = remember();
        problem = "";
        return isLeft;
      } catch (IOException e) {
        problem = String.valueOf(e.getMessage());
        throw e;
      }
    }

    /**
     * Writes down that the server is stopped, durable; safe to repeat.
     *
     * @return whether the writer has not begun to remove it
     */
    private boolean remember() throws IOException {
      Optional<ServerFile> known = unwritten.isPresent() ? unwritten : read();
      if (known.isEmpty() || !known.get().spoolId().equals(spoolId)) {
        return false;
      }
      ServerFile file = known.get();
      if (!isNoted) {
        stopped.add(file.listenUri());
        isNoted = true;
      }
      switch (file.state()) {
        case PREPARING -> NeverServed.remove(folder, file);
        case SERVING -> {
          folder.noteEnd(end.isPresent());
          file.with(ServerState.STOPPING).write(folder);
        }
        case STOPPING, DRAINED -> {}
      }
      unwritten = Optional.empty();
      return file.state() == ServerState.SERVING || file.state() == ServerState.STOPPING;
    }

    private Optional<ServerFile> read() throws IOException {
      return Files.exists(folder.serverFile())
          ? Optional.of(ServerFile.read(folder))
          : Optional.empty();
    }

    private void tell() throws IOException, SpoolException, AdminException, InterruptedException {
      if (end.isEmpty() && !findEnd()) {
        return;
      }
      AdminApi.Sealed sealed =
          environment
              .writer()
              .seal(
                  new AdminApi.Seal(spoolId, end.get().toString(), "stop", SEAL_TIMEOUT.toMillis()),
                  CALL_TIMEOUT);
      if (sealed.error() != null && !sealed.error().equals(lastError)) {
        lastError = sealed.error();
        LOG.info("{}: the writer has not committed everything yet: {}", folder.name(), lastError);
      }
    }

    /** Makes the end durable; false when the writer removes the server meanwhile. */
    private boolean findEnd() throws IOException, SpoolException, InterruptedException {
      opener.releaseByWriter(ServerFile.read(folder));
      if (!remember()) {
        return false;
      }
      Spool spool = opener.open(folder, ServerFile.read(folder));
      try (spool) {
        end = Optional.of(spool.durable().next());
      }
      if (spool.isPoisoned()) {
        end = Optional.empty();
        throw new SpoolPoisonedException("its end can't be made durable");
      }
      folder.noteEnd(true);
      return true;
    }
  }
}
