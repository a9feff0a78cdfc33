package io.duckspool.writer.pipeline;

import io.duckspool.common.server.DataFolder;
import io.duckspool.common.server.ServerFile;
import io.duckspool.common.server.ServerFolder;
import io.duckspool.common.server.ServerState;
import io.duckspool.writer.sink.Sink;
import io.duckspool.writer.sink.SinkException;
import java.io.IOException;
import java.nio.file.Files;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at the server files once a second and keeps the pipelines as they ask; removes what is left
 * of servers whose removal was interrupted. Has a thread of its own from {@link #start} to {@link
 * #close}.
 */
public final class ServerScan implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(ServerScan.class);
  private static final long PERIOD_MILLIS = 1_000;

  private final DataFolder data;
  private final Pipelines pipelines;
  private final StopSequence stopSequence;
  private final Thread thread;
  private final CountDownLatch closed = new CountDownLatch(1);

  /** Folders with a problem that was logged. Used by the scanning thread. */
  private final Set<String> reported = new HashSet<>();

  public ServerScan(DataFolder data, Pipelines pipelines) {
    this.data = data;
    this.pipelines = pipelines;
    this.stopSequence = new StopSequence(data);
    this.thread = new Thread(this::run, "server-scan");
    this.thread.setDaemon(true);
  }

  /** Scans at once, then once a second on a thread of its own. */
  public void start() {
    scan();
    thread.start();
  }

  /** Ends the scanning; the pipelines stay. Idempotent. */
  @Override
  public void close() throws InterruptedException {
    closed.countDown();
    thread.join(PERIOD_MILLIS);
  }

  private void run() {
    try {
      while (!closed.await(PERIOD_MILLIS, TimeUnit.MILLISECONDS)) {
        scan();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      LOG.warn("{} was interrupted and ends", thread, e);
    }
  }

  /** One look at all folders; a problem with one of them does not hold up the others. */
  void scan() {
    Set<String> problems = new HashSet<>();
    Set<String> spoolIds = new HashSet<>();
    Set<ServerFolder> unreadable = new HashSet<>();
    try {
      for (ServerFolder folder : data.listServers()) {
        if (!attempt(folder, problems, () -> spoolIds.add(update(folder)))) {
          unreadable.add(folder);
        }
      }
      pipelines.retain(spoolIds, unreadable);
      for (ServerFolder gone : data.listGone()) {
        boolean unused = attempt(gone, problems, () -> remove(gone));
      }
    } catch (IOException e) {
      LOG.warn("the servers can't be listed, trying again", e);
    }
    reported.retainAll(problems);
  }

  @FunctionalInterface
  private interface Step {
    void run() throws IOException, SinkException;
  }

  private boolean attempt(ServerFolder folder, Set<String> problems, Step step) {
    try {
      step.run();
      return true;
    } catch (IOException | SinkException | IllegalArgumentException e) {
      // A file in the middle of a change, or a folder that went: the next look sees it settled.
      String problem = folder.name() + ": " + e.getMessage();
      problems.add(problem);
      if (reported.add(problem)) {
        LOG.warn(
            "the server in {} can't be looked after, trying again; the others are. Where its file is"
                + " damaged, put it back from a backup, or move the folder away, with all that is"
                + " not committed",
            folder.path(),
            e);
      }
      return false;
    }
  }

  private String update(ServerFolder folder) throws IOException {
    ServerFile file = ServerFile.read(folder);
    if (file.state() != ServerState.PREPARING) {
      pipelines.update(folder, file);
    }
    return file.spoolId();
  }

  private void remove(ServerFolder gone) throws IOException, SinkException {
    if (pipelines.isAlive(gone.name().substring(DataFolder.GONE_PREFIX.length()))) {
      return; // It is at it, or ends when it can't finish.
    }
    if (!Files.exists(gone.serverFile())) {
      stopSequence.delete(gone); // The server file goes last: the ledger row is removed.
      return;
    }
    try (Sink sink = pipelines.openOrRefuse(ServerFile.read(gone))) {
      stopSequence.finish(gone, sink);
    }
  }
}
