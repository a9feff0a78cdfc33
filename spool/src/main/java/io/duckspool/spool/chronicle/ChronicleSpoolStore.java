package io.duckspool.spool.chronicle;

import io.duckspool.spool.Spool;
import io.duckspool.spool.SpoolException;
import io.duckspool.spool.SpoolOptions;
import io.duckspool.spool.SpoolStore;
import io.duckspool.spool.SpoolTailer;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/** Spools whose segments are the files of a Chronicle Queue. Stateless; any thread. */
public final class ChronicleSpoolStore implements SpoolStore {

  private final InstantSource clock;
  private final LongSupplier nanoTicker;

  /**
   * @param clock wall clock, for segment numbers and creation times
   * @param nanoTicker monotonic nanoseconds, for the age of segments
   */
  public ChronicleSpoolStore(InstantSource clock, LongSupplier nanoTicker) {
    this.clock = clock;
    this.nanoTicker = nanoTicker;
  }

  @Override
  public Spool openForAppend(Path serverFolder, String spoolId, String runId, SpoolOptions options)
      throws SpoolException {
    throw new UnsupportedOperationException(clock.instant() + " " + nanoTicker.getAsLong());
  }

  @Override
  public SpoolTailer openForRead(
      Path serverFolder, String spoolId, Predicate<String> isReceiverOfRunAlive)
      throws SpoolException {
    throw new UnsupportedOperationException();
  }
}
