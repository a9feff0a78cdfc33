package io.duckspool.deploy.harness;

import io.duckspool.deploy.load.LoadSignal;
import io.duckspool.deploy.load.RequestShape;
import io.duckspool.deploy.load.Stamp;
import io.duckspool.deploy.load.StampedRequest;

/** The requests that most tests send: protobuf, not compressed, all of one run. */
public final class Stamped {
  /** Marks the records of all tests' loads. */
  public static final Stamp STAMP = new Stamp("test");

  private Stamped() {}

  /** Log records of about 555 bytes each. */
  public static StampedRequest logs(int recordCount) {
    return of(LoadSignal.LOGS, recordCount);
  }

  public static StampedRequest traces(int recordCount) {
    return of(LoadSignal.TRACES, recordCount);
  }

  /** One metric a record, the five kinds in turn. */
  public static StampedRequest metrics(int recordCount) {
    return of(LoadSignal.METRICS, recordCount);
  }

  private static StampedRequest of(LoadSignal signal, int recordCount) {
    return StampedRequest.of(RequestShape.plain(signal, recordCount), STAMP);
  }
}
