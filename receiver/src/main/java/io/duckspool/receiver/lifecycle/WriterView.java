package io.duckspool.receiver.lifecycle;

import io.duckspool.common.admin.AdminApi.PipelineStatus;
import io.duckspool.common.admin.AdminClient;
import io.duckspool.common.admin.AdminException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the writer last said of its pipelines, asked once a second by a thread of its own, and by
 * whoever wants to know it now. Readers get an immutable snapshot. Thread-safe; closed by whoever
 * made it.
 */
public final class WriterView implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(WriterView.class);

  private static final Duration PERIOD = Duration.ofSeconds(1);
  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  /** A list must answer soon, without the writer, too. */
  private static final Duration REFRESH_TIMEOUT = Duration.ofSeconds(2);

  private final AdminClient writer;
  private final ScheduledExecutorService scheduler =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "writer-view");
            thread.setDaemon(true);
            return thread;
          });
  private volatile @Nullable Map<String, PipelineStatus> pipelines;
  private volatile boolean wasConnected;

  /** Starts asking. */
  public WriterView(AdminClient writer) {
    this.writer = writer;
    var unused =
        scheduler.scheduleWithFixedDelay(
            () -> ask(TIMEOUT), 0, PERIOD.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Whether the writer answered the last time. */
  public boolean isConnected() {
    return pipelines != null;
  }

  /** What the writer says of the pipeline of a spool; empty when it has none, or is away. */
  public Optional<PipelineStatus> pipeline(String spoolId) {
    Map<String, PipelineStatus> last = pipelines;
    return last == null ? Optional.empty() : Optional.ofNullable(last.get(spoolId));
  }

  /**
   * Asks now rather than with the next second; blocks for the writer, but not for long.
   *
   * @return whether it answered
   */
  boolean refresh() {
    ask(REFRESH_TIMEOUT);
    return isConnected();
  }

  private void ask(Duration timeout) {
    try {
      List<PipelineStatus> answer = writer.pipelines(timeout);
      pipelines =
          answer.stream()
              .collect(
                  Collectors.toUnmodifiableMap(
                      PipelineStatus::spoolId, Function.identity(), (a, b) -> b));
      if (!wasConnected) {
        LOG.info("the writer answers");
        wasConnected = true;
      }
    } catch (IOException | AdminException | RuntimeException e) {
      pipelines = null;
      if (wasConnected) {
        LOG.warn("the writer doesn't answer; requests are taken as long as there is room", e);
        wasConnected = false;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    scheduler.shutdownNow();
  }
}
