package io.duckspool.deploy.harness;

import io.duckspool.deploy.load.ProcessStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;

/**
 * Samples the resident set of a process against its progress. Pages of mapped files count in {@link
 * #peakBytes}, as they do in the kernel's RSS.
 */
public final class ProcessMemory implements AutoCloseable {
  private static final long PERIOD_MILLIS = 200;

  /** At rest: no lower by this much for this long. DuckDB's allocator waits a second. */
  private static final long REST_STEP_BYTES = 512 << 10;

  private static final long REST_NANOS = 3_000_000_000L;
  private static final Duration REST_LIMIT = Duration.ofSeconds(120);

  /** One look: how far the process was, and what it held. */
  public record Sample(double progress, long rssBytes, long fileBytes) {}

  private final List<Sample> samples = new ArrayList<>();
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Thread thread;

  private ProcessMemory(long pid, DoubleSupplier progress) {
    thread = new Thread(() -> watch(pid, progress), "memory-" + pid);
    thread.setDaemon(true);
    thread.start();
  }

  /** Watches until closed, or until the process has ended. */
  public static ProcessMemory watch(DuckspoolProcess process, DoubleSupplier progress) {
    return new ProcessMemory(process.pid(), progress);
  }

  /** The largest resident set seen. */
  public synchronized long peakBytes() {
    return samples.stream().mapToLong(Sample::rssBytes).max().orElse(0);
  }

  /** The samples so far, in order. */
  public synchronized List<Sample> samples() {
    return List.copyOf(samples);
  }

  /** How far the process was at the last look. */
  public synchronized double progress() {
    return samples.isEmpty() ? 0 : samples.get(samples.size() - 1).progress();
  }

  /** The mean of the resident set over all samples. */
  public synchronized double meanBytes() {
    return samples.stream().mapToLong(Sample::rssBytes).average().orElse(0);
  }

  /**
   * The resident set of a process that has nothing to do, once it gives nothing back any more:
   * allocators return free pages with some delay.
   */
  public static long bytesAtRest(DuckspoolProcess process) {
    Lowest lowest = new Lowest(process.pid());
    Await.until("the memory of " + process.pid() + " is at rest", REST_LIMIT, lowest::isSettled);
    return lowest.bytes;
  }

  /** The lowest resident set seen, and since when it has not fallen by a step. */
  private static final class Lowest {
    private final long pid;
    private long bytes = Long.MAX_VALUE;
    private long stepBytes = Long.MAX_VALUE;
    private long stepNanos;

    Lowest(long pid) {
      this.pid = pid;
    }

    boolean isSettled() {
      long now = System.nanoTime();
      bytes = Math.min(bytes, ProcessStatus.of(pid).orElseThrow().rssBytes());
      if (bytes < stepBytes - REST_STEP_BYTES) {
        stepBytes = bytes;
        stepNanos = now;
      }
      return now - stepNanos > REST_NANOS;
    }
  }

  @Override
  public void close() {
    stop.countDown();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void watch(long pid, DoubleSupplier progress) {
    try {
      do {
        Optional<ProcessStatus> status = ProcessStatus.of(pid);
        if (status.isEmpty()) {
          // The process has ended: there is no more to see.
          return;
        }
        synchronized (this) {
          samples.add(
              new Sample(
                  progress.getAsDouble(), status.get().rssBytes(), status.get().fileBytes()));
        }
      } while (!stop.await(PERIOD_MILLIS, TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
