package io.duckspool.spool.journal;

import io.duckspool.spool.SpoolContract;
import io.duckspool.spool.SpoolStore;
import java.time.InstantSource;
import java.util.function.LongSupplier;

class FileJournalContractTest extends SpoolContract {

  @Override
  protected SpoolStore newStore(InstantSource clock, LongSupplier ticker) {
    return new FileJournalStore(clock, ticker);
  }
}
