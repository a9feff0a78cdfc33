package io.duckspool.spool.chronicle;

import io.duckspool.spool.SpoolContract;
import io.duckspool.spool.SpoolStore;
import java.time.InstantSource;
import java.util.function.LongSupplier;

class ChronicleSpoolContractTest extends SpoolContract {

  @Override
  protected SpoolStore newStore(InstantSource clock, LongSupplier ticker) {
    return new ChronicleSpoolStore(clock, ticker);
  }
}
