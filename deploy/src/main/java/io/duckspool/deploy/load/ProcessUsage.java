package io.duckspool.deploy.load;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * What some processes use while a load runs. A thread of its own looks five times a second; closed
 * by whoever started it.
 */
public final class ProcessUsage implements AutoCloseable {
  private static final long PERIOD_MILLIS = 200;

  private final Map<Long, Looks> looks = new LinkedHashMap<>();
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Thread thread = new Thread(this::watch, "process-usage");

  /**
   * What one process has used between the first and the last look.
   *
   * @param peakRssBytes the largest resident memory seen
   */
  public record Usage(Duration cpu, long peakRssBytes) {}

  private record Looks(ProcessStatus first, ProcessStatus last, long peakRssBytes) {
    Looks then(ProcessStatus next) {
      return new Looks(first, next, Math.max(peakRssBytes, next.rssBytes()));
    }
  }

  private ProcessUsage(List<Long> pids) {
    for (long pid : pids) {
      ProcessStatus first =
          ProcessStatus.of(pid)
              .orElseThrow(
                  () -> new IllegalArgumentException("there is no process " + pid + " in /proc"));
      looks.put(pid, new Looks(first, first, first.rssBytes()));
    }
    thread.setDaemon(true);
  }

  /** Starts to watch; {@link IllegalArgumentException} names a process that isn't there. */
  public static ProcessUsage watch(List<Long> pids) {
    ProcessUsage usage = new ProcessUsage(pids);
    usage.thread.start();
    return usage;
  }

  /** Looks a last time, and returns what each process has used, by its id. */
  public Map<Long, Usage> end() throws InterruptedException {
    stop.countDown();
    thread.join();
    look();
    Map<Long, Usage> usages = new LinkedHashMap<>();
    looks.forEach(
        (pid, seen) ->
            usages.put(
                pid, new Usage(seen.last().cpu().minus(seen.first().cpu()), seen.peakRssBytes())));
    return usages;
  }

  @Override
  public void close() {
    stop.countDown();
  }

  private void watch() {
    try {
      do {
        look();
      } while (!stop.await(PERIOD_MILLIS, TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void look() {
    looks.replaceAll((pid, seen) -> ProcessStatus.of(pid).map(seen::then).orElse(seen));
  }
}
