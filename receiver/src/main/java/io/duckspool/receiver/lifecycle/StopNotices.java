package io.duckspool.receiver.lifecycle;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.AdminException;
import io.duckspool.common.server.ServerFile;
import io.duckspool.common.server.ServerFolder;
import io.duckspool.common.server.ServerState;
import io.duckspool.spool.Spool;
import io.duckspool.spool.SpoolException;
import io.duckspool.spool.SpoolIndex;
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
 * Tells the writer where the spools of stopped servers end, again and again until it has taken
 * those servers away: it may be down when a server is stopped, or restart before it is done.
 *
 * <p>The spool of a server that was found stopping is opened and closed once before: after a power
 * cut its mark may lie behind, and nobody but a receiver looks for entries that follow the mark.
 * The writer lets go of the spool meanwhile, and removes no server while a receiver runs that has
 * not told it where the spool ends; a server whose removal it has begun is left alone.
 *
 * <p>If the process dies here, the next start finds the same servers stopping, and begins again.
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
  private final SpoolOpener opener;
  private final Map<String, Notice> pending = new ConcurrentHashMap<>();
  private final ScheduledThreadPoolExecutor executor;

  StopNotices(Environment environment) {
    this.environment = environment;
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

  /** Takes up a server that was found stopping. */
  void add(ServerFolder folder, ServerFile file) {
    add(new Notice(folder, file.spoolId(), Optional.empty()));
  }

  /** Takes up a server whose spool was closed by this process, and ends there. */
  void add(ServerFolder folder, ServerFile file, SpoolIndex end) {
    add(new Notice(folder, file.spoolId(), Optional.of(end)));
  }

  private void add(Notice notice) {
    pending.put(notice.spoolId, notice);
    executor.execute(notice);
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

  /** One server on its way out. Used by the thread of the executor. */
  private final class Notice implements Runnable {

    private final ServerFolder folder;
    private final String spoolId;
    private final Backoff backoff = new Backoff();
    private Optional<SpoolIndex> end;
    private String lastError = "";

    Notice(ServerFolder folder, String spoolId, Optional<SpoolIndex> end) {
      this.folder = folder;
      this.spoolId = spoolId;
      this.end = end;
    }

    @Override
    public void run() {
      try {
        if (pending.get(spoolId) != this) {
          return; // Withdrawn.
        }
        if (!isStopping()) {
          pending.remove(spoolId, this);
          return;
        }
        tell();
      } catch (IOException | SpoolException | AdminException | RuntimeException e) {
        String error = String.valueOf(e.getMessage());
        if (!error.equals(lastError)) {
          lastError = error;
          LOG.info("{}: the writer is told of the stop again soon: {}", folder.name(), error, e);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
      var unused = executor.schedule(this, backoff.next().toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Whether the writer has not begun to remove the server. */
    private boolean isStopping() throws IOException {
      if (!Files.exists(folder.serverFile())) {
        return false;
      }
      ServerFile file = ServerFile.read(folder);
      if (!file.spoolId().equals(spoolId)) {
        return false;
      }
      if (file.state() == ServerState.SERVING) {
        // Handed back too late: nobody waits for it, else this notice were withdrawn.
        file.with(ServerState.STOPPING).write(folder);
        return true;
      }
      return file.state() == ServerState.STOPPING;
    }

    private void tell() throws IOException, SpoolException, AdminException, InterruptedException {
      if (end.isEmpty()) {
        opener.releaseByWriter(ServerFile.read(folder));
        if (!isStopping()) {
          return; // The writer was removing it, and is done.
        }
        try (Spool spool = opener.open(folder, ServerFile.read(folder))) {
          end = Optional.of(spool.durable().next());
        }
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
  }
}
