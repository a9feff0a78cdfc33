package io.duckspool.writer.pipeline;

import io.duckspool.common.server.DataFolder;
import io.duckspool.common.server.ProcessLock;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the receiver of a run holds its lock. Looks at the lock file a few times a second at
 * most, however often it is asked. Thread-safe.
 */
public final class ReceiverWatch implements Predicate<String> {

  private static final Logger LOG = LoggerFactory.getLogger(ReceiverWatch.class);
  private static final long MAX_AGE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private final DataFolder data;
  private final LongSupplier nanoTicker;

  /** Both guarded by this object's monitor. */
  private Optional<String> aliveRun = Optional.empty();

  private Optional<Long> lookedAtNanos = Optional.empty();

  public ReceiverWatch(DataFolder data, LongSupplier nanoTicker) {
    this.data = data;
    this.nanoTicker = nanoTicker;
  }

  @Override
  public synchronized boolean test(String runId) {
    long now = nanoTicker.getAsLong();
    if (lookedAtNanos.isEmpty() || now - lookedAtNanos.get() >= MAX_AGE_NANOS) {
      lookedAtNanos = Optional.of(now);
      try {
        aliveRun = ProcessLock.holder(data.receiverLock()).map(ProcessLock.Holder::runId);
      } catch (IOException e) {
        LOG.warn("the receiver's lock can't be looked at: taken as not held", e);
        aliveRun = Optional.empty();
      }
    }
    return aliveRun.equals(Optional.of(runId));
  }
}
