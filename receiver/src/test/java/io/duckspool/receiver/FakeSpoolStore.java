package io.duckspool.receiver;

import io.duckspool.spool.Spool;
import io.duckspool.spool.SpoolException;
import io.duckspool.spool.SpoolOpenException;
import io.duckspool.spool.SpoolOptions;
import io.duckspool.spool.SpoolStore;
import io.duckspool.spool.SpoolTailer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Hands out spools in memory. Thread-safe. */
public final class FakeSpoolStore implements SpoolStore {

  private final List<FakeSpool> opened = new ArrayList<>();
  private int refusals;
  private SpoolOptions lastOptions;

  @Override
  public synchronized Spool openForAppend(
      Path serverFolder, String spoolId, String runId, SpoolOptions options) throws SpoolException {
    if (refusals > 0) {
      refusals--;
      throw new SpoolOpenException("metadata is damaged, and in use");
    }
    lastOptions = options;
    FakeSpool spool = new FakeSpool();
    opened.add(spool);
    return spool;
  }

  @Override
  public SpoolTailer openForRead(
      Path serverFolder, String spoolId, Predicate<String> isReceiverOfRunAlive) {
    throw new UnsupportedOperationException("the receiver reads no spool");
  }

  @Override
  public long diskBytes(Path serverFolder) {
    return 0;
  }

  public synchronized void refuseNext(int times) {
    refusals = times;
  }

  public synchronized List<FakeSpool> opened() {
    return List.copyOf(opened);
  }

  public synchronized SpoolOptions lastOptions() {
    return lastOptions;
  }
}
