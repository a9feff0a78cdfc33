package io.duckspool.deploy.harness;

import io.duckspool.deploy.load.ProcessStatus;
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

  /**
   * The growth of the resident set per unit of progress, after a warm-up, as a part of its mean:
   * the slope of the line through the samples by least squares.
   */
  public double relativeSlope(double warmUp) {
    List<Sample> warm = samples().stream().filter(sample -> sample.progress() >= warmUp).toList();
    return relativeSlope(warm);
  }

  static double relativeSlope(List<Sample> samples) {
    if (samples.size() < 10) {
      throw new AssertionError("only " + samples.size() + " samples");
    }
    double meanX = samples.stream().mapToDouble(Sample::progress).average().orElseThrow();
    double meanY = samples.stream().mapToDouble(Sample::rssBytes).average().orElseThrow();
    double covariance = 0;
    double variance = 0;
    for (Sample sample : samples) {
      double x = sample.progress() - meanX;
      covariance += x * (sample.rssBytes() - meanY);
      variance += x * x;
    }
    return covariance / variance / meanY;
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
