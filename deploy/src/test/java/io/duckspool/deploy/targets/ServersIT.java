package io.duckspool.deploy.targets;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.deploy.harness.AckLog;
import io.duckspool.deploy.harness.IcebergView;
import io.duckspool.deploy.harness.LakeView;
import io.duckspool.deploy.harness.LoadClient;
import io.duckspool.deploy.harness.ParquetView;
import io.duckspool.deploy.harness.Rig;
import io.duckspool.deploy.harness.Stamped;
import io.duckspool.deploy.load.StampedRequest;
import io.duckspool.deploy.scorecard.FaultRow;
import io.duckspool.deploy.scorecard.Trials;
import io.duckspool.writer.servers.IcebergRig;
import io.duckspool.writer.servers.PostgresServer;
import io.duckspool.writer.servers.S3Server;
import io.duckspool.writer.servers.TcpProxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The servers that targets need are away, slow, answer with errors, or apply a commit whose answer
 * never arrives, or apply it late: requests are accepted meanwhile, and all is stored once.
 */
@Tag("faults")
final class ServersIT {
  private static final int PER_RUN = 10;
  private static final int RECORDS = 10;
  private static final String BUCKET = "otlp";

  /** What the keys of the objects end with that a seal uploads. */
  private static final List<String> UPLOADS = List.of(".parquet", ".intent.json", ".ledger.json");

  /** How much later a slow server's answers come; a commit takes dozens of them. */
  private static final Duration DELAY = Duration.ofMillis(50);

  private final AckLog log = new AckLog(RECORDS);
  private final StampedRequest[] mix = {
    Stamped.logs(RECORDS), Stamped.traces(RECORDS), Stamped.metrics(RECORDS)
  };

  @TempDir Path folder;

  @Test
  @FaultRow(
      name = "postgres",
      fault = "PostgreSQL away, mute, cut off, slow, a COMMIT applied without an answer, or late",
      full = 70,
      perRun = PER_RUN)
  void postgresThatFails_losesAndDoublesNothing(Trials trials) throws Exception {
    try (PostgresServer metadata = PostgresServer.start();
        S3Server store = S3Server.start(Files.createDirectory(folder.resolve("s3")));
        TcpProxy proxy = TcpProxy.to(metadata.host(), metadata.port());
        Rig rig = rig()) {
      metadata.createDatabase("lake");
      store.createBucket(BUCKET);
      rig.target(LakeView.onPostgresAndS3(metadata, "lake", store, "s3://" + BUCKET + "/lake"));
      behind("DUCKSPOOL_SECRETS_META_PORT", "" + proxy.port(), rig);
      Random random = trials.random();
      List<Fault> faults = new ArrayList<>(ofConnections(proxy, rig));
      faults.add(
          new Fault(
              "a COMMIT without an answer",
              outage -> Outage.awaitStruck(proxy.cutReplyTo("COMMIT")::hasStruck, rig)));
      faults.add(
          new Fault(
              "a late COMMIT",
              outage -> {
                TcpProxy.Fault held = proxy.hold("COMMIT");
                Outage.awaitStruck(held::hasStruck, rig);
                outage.lasts();
                held.release();
              }));
      faults.add(
          new Fault(
              "a crash",
              outage -> {
                metadata.crash();
                outage.lastsWithoutCommits();
                metadata.up();
              }));
      strikeUnderLoad(rig, trials, faults);
    }
  }

  @Test
  @FaultRow(
      name = "s3",
      fault =
          "S3 away, mute, cut off, slow, answering 500 and 503, an upload without an answer, or late",
      full = 80,
      perRun = PER_RUN)
  void storeThatFails_losesAndDoublesNothing(Trials trials) throws Exception {
    try (S3Server store = S3Server.start(Files.createDirectory(folder.resolve("s3")));
        TcpProxy proxy = TcpProxy.to("127.0.0.1", store.port());
        Rig rig = rig()) {
      store.createBucket(BUCKET);
      rig.target(ParquetView.in(store, "s3://" + BUCKET + "/files"));
      behind("DUCKSPOOL_SECRETS_STORE_ENDPOINT", "127.0.0.1:" + proxy.port(), rig);
      Random random = trials.random();
      List<Fault> faults = new ArrayList<>(ofConnections(proxy, rig));
      faults.add(
          new Fault(
              "an upload without an answer",
              outage -> Outage.awaitStruck(proxy.cutReplyTo("PUT /")::hasStruck, rig)));
      faults.add(
          new Fault(
              "a late upload",
              outage -> {
                S3Server.Held held = store.holdPut(UPLOADS.get(random.nextInt(UPLOADS.size())));
                Outage.awaitStruck(held::isMet, rig);
                outage.lasts();
                System.out.println("a late upload was " + (held.apply() ? "applied" : "refused"));
              }));
      faults.add(
          new Fault("503", outage -> refuse(store, S3Server.unavailable(), random, rig, outage)));
      faults.add(
          new Fault("500", outage -> refuse(store, S3Server.internalError(), random, rig, outage)));
      strikeUnderLoad(rig, trials, faults);
    }
  }

  @Test
  @FaultRow(
      name = "iceberg",
      fault =
          "an Iceberg catalog away, mute, slow, answering 500 and 503, a commit without an answer, or"
              + " late",
      full = 70,
      perRun = PER_RUN)
  void catalogThatFails_losesAndDoublesNothing(Trials trials) throws Exception {
    try (IcebergRig servers = IcebergRig.start(Files.createDirectory(folder.resolve("ice")));
        Rig rig = rig()) {
      rig.target(new IcebergView(servers, servers.newSchema()));
      strikeUnderLoad(rig, trials, new CatalogFaults(servers.proxy(), rig, trials.random()).all());
    }
  }

  /** What any connection may suffer. */
  private static List<Fault> ofConnections(TcpProxy proxy, Rig rig) {
    return List.of(
        new Fault(
            "away",
            outage -> {
              int before = proxy.brokenCount();
              proxy.down();
              Outage.awaitStruck(() -> proxy.brokenCount() > before, rig);
              outage.lastsWithoutCommits();
              proxy.up();
            }),
        new Fault(
            "cut off",
            outage -> {
              int before = proxy.brokenCount();
              Outage.awaitStruck(
                  () -> {
                    proxy.cut();
                    return proxy.brokenCount() > before;
                  },
                  rig);
            }),
        new Fault(
            "mute",
            outage -> {
              int before = proxy.mutedCount();
              proxy.muteAll();
              Outage.awaitStruck(() -> proxy.mutedCount() > before, rig);
              outage.lastsWithoutCommits();
              proxy.cut();
            }),
        new Fault(
            "slow",
            outage -> {
              int before = proxy.slowedCount();
              proxy.slow(DELAY);
              Outage.awaitStruck(() -> proxy.slowedCount() > before, rig);
              outage.lasts();
              proxy.slow(Duration.ZERO);
            }));
  }

  /** Both processes get this setting of the server. */
  private static void behind(String variable, String value, Rig rig) {
    rig.writerEnvironment(variable, value).receiverEnvironment(variable, value);
  }

  /**
   * Objects of one kind are refused before they are stored, or stored and answered with the error.
   */
  private static void refuse(
      S3Server store, RuntimeException error, Random random, Rig rig, Outage outage)
      throws Exception {
    boolean isStored = random.nextBoolean();
    String end = UPLOADS.get(random.nextInt(UPLOADS.size()));
    System.out.println(end + " is " + (isStored ? "stored" : "refused"));
    AtomicInteger count = new AtomicInteger();
    store.watch(
        (moment, key) -> {
          if (key.endsWith(end) && moment.equals(isStored ? "after" : "before")) {
            count.incrementAndGet();
            throw error;
          }
        });
    Outage.awaitStruck(() -> count.get() > 0, rig);
    if (isStored) {
      outage.lasts(); // The writer looks, and finds what it has uploaded.
    } else {
      outage.lastsUntilASealFails();
    }
    store.watch(S3Server.Watch.NONE);
  }

  private void strikeUnderLoad(Rig rig, Trials trials, List<Fault> faults) throws Exception {
    rig.start();
    try (LoadClient load = LoadClient.start(rig.load(2, Integer.MAX_VALUE, 20, mix), log)) {
      Outage outage = new Outage(rig, load, RECORDS, trials.random());
      int offset = trials.random().nextInt(faults.size());
      for (int i = 0; i < trials.count(); i++) {
        load.awaitMoreAcks(1 + trials.random().nextInt(100), Rig.LIMIT);
        Fault fault = faults.get((offset + i) % faults.size());
        System.out.println("fault: " + fault.name());
        fault.strike().strike(outage);
        // All that was accepted gets there, what comes then, too.
        load.awaitMoreAcks(10, Rig.LIMIT);
        outage.ends();
        trials.tried();
      }
    }
    trials.settle(rig, log);
    assertTrue(rig.quarantined().isEmpty(), () -> "in quarantine: " + rig.quarantined());
  }

  private Rig rig() throws Exception {
    return Rig.in(Files.createDirectory(folder.resolve("rig")))
        .set("spool.segment_age", "2s")
        .server("seal_max_age_ms", "100");
  }
}
