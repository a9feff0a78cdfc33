package io.duckspool.deploy.targets;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.deploy.harness.AckLog;
import io.duckspool.deploy.harness.LoadClient;
import io.duckspool.deploy.harness.Rig;
import io.duckspool.deploy.harness.Stamped;
import io.duckspool.deploy.load.StampedRequest;
import io.duckspool.deploy.scorecard.FaultRow;
import io.duckspool.deploy.scorecard.Trials;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** kill -9 of the writer at random moments under load, with targets other than a DuckDB file. */
@Tag("faults")
final class KillTargetsIT {
  private static final int RECORDS = 10;
  private static final int PER_RUN = 25;

  /** The sixth would condemn an entry that was in hand each time: commits may take so long. */
  private static final int DEATHS_WITHOUT_A_COMMIT = 5;

  private final AckLog log = new AckLog(RECORDS);
  private final StampedRequest[] mix = {
    Stamped.logs(RECORDS), Stamped.traces(RECORDS), Stamped.metrics(RECORDS)
  };

  @TempDir Path folder;

  @Test
  @FaultRow(
      name = "kill-writer-ducklake",
      fault = "kill -9 of the writer at random moments under load, into a DuckLake",
      quick = 1,
      full = 200,
      perRun = PER_RUN)
  void killedWriterOfALake_losesAndDoublesNothing(Trials trials) throws Exception {
    kill(trials.random().nextBoolean() ? TestTarget.LAKE : TestTarget.LAKE_ON_SQLITE, trials);
  }

  @Test
  @FaultRow(
      name = "kill-writer-parquet",
      fault = "kill -9 of the writer at random moments under load, into Parquet files",
      quick = 1,
      full = 200,
      perRun = PER_RUN)
  void killedWriterOfParquetFiles_losesAndDoublesNothing(Trials trials) throws Exception {
    kill(trials.random().nextBoolean() ? TestTarget.PARQUET : TestTarget.PARQUET_ON_S3, trials);
  }

  @Test
  @FaultRow(
      name = "kill-writer-iceberg",
      fault = "kill -9 of the writer at random moments under load, into an Iceberg catalog",
      quick = 1,
      full = 100,
      perRun = PER_RUN)
  void killedWriterOfIcebergTables_losesAndDoublesNothing(Trials trials) throws Exception {
    kill(TestTarget.ICEBERG_ON_S3, trials);
  }

  private void kill(TestTarget target, Trials trials) throws Exception {
    trials.note("targets", target.name());
    try (RunningTarget running = target.start(Files.createDirectory(folder.resolve("target")));
        Rig rig = Rig.in(Files.createDirectory(folder.resolve("rig")))) {
      rig.set("spool.segment_age", "2s").server("seal_max_age_ms", "100");
      running.configure(rig);
      rig.start();
      try (LoadClient load = LoadClient.start(rig.load(2, Integer.MAX_VALUE, 10, mix), log)) {
        for (int i = 0; i < trials.count(); i++) {
          if (i % DEATHS_WITHOUT_A_COMMIT == 0) {
            rig.awaitCommitted();
          } else if (i % 3 != 0) {
            // Two of three kills hit a writer at work, the third one on its way up.
            rig.awaitWriter();
          }
          load.awaitMoreAcks(1 + trials.random().nextInt(150), Rig.LIMIT);
          rig.writer().kill();
          rig.startWriter();
          trials.tried();
        }
      }
      trials.settle(rig, log);
      assertTrue(rig.quarantined().isEmpty(), () -> "in quarantine: " + rig.quarantined());
    }
  }
}
