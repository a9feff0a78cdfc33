package io.duckspool.deploy.harness;

import io.duckspool.deploy.load.LoadPlan;
import io.duckspool.deploy.load.LoadRun;
import java.time.Duration;

/** A load that a test waits for; it never sends a request twice. */
public final class LoadClient implements AutoCloseable {
  private static final Duration END_LIMIT = Duration.ofSeconds(120);

  private final LoadRun run;
  private final AckLog log;

  private LoadClient(LoadRun run, AckLog log) {
    this.run = run;
    this.log = log;
  }

  /** Starts sending; the log may already hold the requests of an earlier run. */
  public static LoadClient start(LoadPlan plan, AckLog log) {
    return new LoadClient(LoadRun.start(plan, log, System::nanoTime), log);
  }

  /** Waits until so many more requests than now are acked. */
  public void awaitMoreAcks(int count, Duration limit) {
    int goal = log.ackedCount() + count;
    Await.until(
        count + " more acks",
        limit,
        () -> {
          rethrow();
          return log.ackedCount() >= goal;
        },
        () -> log.ackedCount() + " acked, " + log.rejectedCount() + " rejected");
  }

  /** Waits until the load has ended by itself. */
  public void awaitEnd(Duration limit) {
    Await.until(
        "the load is sent",
        limit,
        () -> {
          rethrow();
          return !run.isRunning();
        },
        () -> log.sentCount() + " sent, " + log.ackedCount() + " acked");
    rethrow();
  }

  /** Whether a connection is still at work. */
  public boolean isRunning() {
    return run.isRunning();
  }

  /** Lets the requests in flight end, and stops. */
  @Override
  public void close() {
    run.stop();
    awaitEnd(END_LIMIT);
  }

  private void rethrow() {
    if (run.failure().isPresent()) {
      throw new AssertionError("the load client failed", run.failure().get());
    }
  }
}
