package io.duckspool.deploy.cli;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.config.DuckspoolConfig;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A line in the terminal that shows how far a backlog is drained, while a call waits for it. Has a
 * thread of its own until it is closed; shows nothing where there is no terminal.
 *
 * <pre>
 * [############--------] 61%  1,220,000 of 2,000,000 rows
 * </pre>
 */
final class DrainProgress implements AutoCloseable {

  private static final Duration TIMEOUT = Duration.ofSeconds(2);
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);
  private static final long PERIOD_MILLIS = 500;
  private static final int WIDTH = 20;

  private final ControlCall receiver;
  private final ControlCall writer;
  private final String server;
  private final PrintWriter err;
  private final CountDownLatch done = new CountDownLatch(1);
  private final Thread thread;
  private int shown;

  private DrainProgress(DuckspoolConfig config, String server, PrintWriter err) {
    this.receiver = ControlCall.toReceiver(config);
    this.writer = ControlCall.toWriter(config);
    this.server = server;
    this.err = err;
    this.thread = new Thread(this::run, "progress");
    thread.setDaemon(true);
  }

  /**
   * Begins to show the progress of a server.
   *
   * @param server canonical listen URI
   * @param isWanted false: nothing is shown at all
   */
  static DrainProgress start(
      DuckspoolConfig config, String server, PrintWriter err, boolean isWanted) {
    DrainProgress progress = new DrainProgress(config, server, err);
    if (isWanted && System.console() != null) {
      progress.thread.start();
    }
    return progress;
  }

  private void run() {
    try {
      long first = -1;
      long target = -1;
      while (!done.await(PERIOD_MILLIS, TimeUnit.MILLISECONDS)) {
        try {
          Optional<Long> committed = committedRows();
          if (committed.isEmpty()) {
            continue;
          }
          if (target < 0) {
            first = committed.get();
            target = first + pendingRows();
          }
          show(line(committed.get() - first, target - first));
        } catch (CommandFailedException e) {
          show(""); // The call that waits says what is wrong.
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private long pendingRows() throws CommandFailedException {
    return receiver.list(AdminApi.SERVER_LIST, AdminApi.ServerRow.class, TIMEOUT).stream()
        .filter(row -> row.listenUri().equals(server))
        .mapToLong(AdminApi.ServerRow::bufferedRows)
        .sum();
  }

  private Optional<Long> committedRows() throws CommandFailedException {
    List<AdminApi.PipelineStatus> pipelines =
        writer.list(AdminApi.PIPELINES, AdminApi.PipelineStatus.class, TIMEOUT);
    return pipelines.stream()
        .filter(pipeline -> pipeline.listenUri().equals(server))
        .map(pipeline -> pipeline.committedRowsTotal() + pipeline.quarantinedRowsTotal())
        .findFirst();
  }

  /** What the terminal shows; empty when there was nothing to wait for. */
  static String line(long doneRows, long allRows) {
    if (allRows <= 0) {
      return "";
    }
    long bounded = Math.max(0, Math.min(doneRows, allRows));
    int filled = (int) (bounded * WIDTH / allRows);
    return "[%s%s] %d%%  %,d of %,d rows"
        .formatted(
            "#".repeat(filled),
            "-".repeat(WIDTH - filled),
            bounded * 100 / allRows,
            bounded,
            allRows);
  }

  private void show(String line) {
    err.print("\r" + line + " ".repeat(Math.max(0, shown - line.length())));
    err.flush();
    shown = line.length();
  }

  /** Wipes the line. */
  @Override
  public void close() {
    done.countDown();
    try {
      thread.join(CLOSE_TIMEOUT.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (shown > 0) {
      show("");
      err.print("\r");
      err.flush();
    }
  }
}
