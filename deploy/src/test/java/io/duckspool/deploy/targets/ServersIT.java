package io.duckspool.deploy.targets;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.deploy.harness.AckLog;
import io.duckspool.deploy.harness.Await;
import io.duckspool.deploy.harness.IcebergView;
import io.duckspool.deploy.harness.LakeView;
import io.duckspool.deploy.harness.LoadClient;
import io.duckspool.deploy.harness.ParquetView;
import io.duckspool.deploy.harness.Rig;
import io.duckspool.deploy.harness.Stamped;
import io.duckspool.deploy.load.StampedRequest;
import io.duckspool.deploy.scorecard.FaultRow;
import io.duckspool.deploy.scorecard.Trials;
import io.duckspool.writer.servers.HttpProxy;
import io.duckspool.writer.servers.IcebergRig;
import io.duckspool.writer.servers.PostgresServer;
import io.duckspool.writer.servers.S3Server;
import io.duckspool.writer.servers.TcpProxy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
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

  private final AckLog log = new AckLog(RECORDS);
  private final StampedRequest[] mix = {
    Stamped.logs(RECORDS), Stamped.traces(RECORDS), Stamped.metrics(RECORDS)
  };

  @TempDir Path folder;

  /** Brings a fault about, and takes it away again. */
  @FunctionalInterface
  private interface Strike {
    void strike() throws Exception;
  }

  private record Fault(String name, Strike strike) {}

  @Test
  @FaultRow(
      name = "postgres",
      fault = "PostgreSQL away, mute, cut off, a COMMIT applied without an answer, or late",
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
      List<Fault> faults = new ArrayList<>(ofConnections(proxy, random));
      faults.add(
          new Fault(
              "a COMMIT without an answer", () -> awaitStruck(proxy.cutReplyTo("COMMIT"), rig)));
      faults.add(
          new Fault(
              "a late COMMIT",
              () -> {
                TcpProxy.Fault held = proxy.hold("COMMIT");
                awaitStruck(held, rig);
                pass(random);
                held.release();
              }));
      faults.add(
          new Fault(
              "a crash",
              () -> {
                metadata.crash();
                pass(random);
                metadata.up();
              }));
      strikeUnderLoad(rig, trials, faults);
    }
  }

  @Test
  @FaultRow(
      name = "s3",
      fault = "S3 away, mute, cut off, answering 500 and 503, an upload without an answer",
      full = 60,
      perRun = PER_RUN)
  void storeThatFails_losesAndDoublesNothing(Trials trials) throws Exception {
    try (S3Server store = S3Server.start(Files.createDirectory(folder.resolve("s3")));
        TcpProxy proxy = TcpProxy.to("127.0.0.1", store.port());
        Rig rig = rig()) {
      store.createBucket(BUCKET);
      rig.target(ParquetView.in(store, "s3://" + BUCKET + "/files"));
      behind("DUCKSPOOL_SECRETS_STORE_ENDPOINT", "127.0.0.1:" + proxy.port(), rig);
      Random random = trials.random();
      List<Fault> faults = new ArrayList<>(ofConnections(proxy, random));
      faults.add(
          new Fault(
              "an upload without an answer", () -> awaitStruck(proxy.cutReplyTo("PUT /"), rig)));
      faults.add(new Fault("503", () -> refuse(store, S3Server.unavailable(), random, rig)));
      faults.add(new Fault("500", () -> refuse(store, S3Server.internalError(), random, rig)));
      strikeUnderLoad(rig, trials, faults);
    }
  }

  @Test
  @FaultRow(
      name = "iceberg",
      fault =
          "an Iceberg catalog away, slow, answering 500 and 503, a commit without an answer, or late",
      full = 70,
      perRun = PER_RUN)
  void catalogThatFails_losesAndDoublesNothing(Trials trials) throws Exception {
    try (IcebergRig servers = IcebergRig.start(Files.createDirectory(folder.resolve("ice")));
        Rig rig = rig()) {
      rig.target(new IcebergView(servers, servers.newSchema()));
      HttpProxy proxy = servers.proxy();
      Random random = trials.random();
      strikeUnderLoad(
          rig,
          trials,
          List.of(
              new Fault("away", () -> answer(proxy, HttpProxy.Answer.CUT, random, rig)),
              new Fault("500", () -> answer(proxy, new HttpProxy.Answer(500, "{}"), random, rig)),
              new Fault("503", () -> answer(proxy, new HttpProxy.Answer(503, "{}"), random, rig)),
              new Fault(
                  "slow",
                  () ->
                      follow(
                          proxy,
                          request -> true,
                          (request, upstream) -> {
                            pause(200);
                            return upstream.send(request);
                          },
                          random,
                          rig)),
              new Fault(
                  "a commit without an answer",
                  () ->
                      follow(
                          proxy,
                          ServersIT::isCommit,
                          (request, upstream) -> {
                            HttpProxy.Answer unheard = upstream.send(request);
                            return HttpProxy.Answer.CUT;
                          },
                          random,
                          rig)),
              new Fault("a late commit", () -> commitLate(proxy, random, rig))));
    }
  }

  /** What any connection may suffer. */
  private static List<Fault> ofConnections(TcpProxy proxy, Random random) {
    return List.of(
        new Fault(
            "away",
            () -> {
              proxy.down();
              pass(random);
              proxy.up();
            }),
        new Fault("cut off", proxy::cut),
        new Fault(
            "mute",
            () -> {
              proxy.mute();
              pass(random);
              proxy.cut();
            }));
  }

  /** Both processes get this setting of the server. */
  private static void behind(String variable, String value, Rig rig) {
    rig.writerEnvironment(variable, value).receiverEnvironment(variable, value);
  }

  private static boolean isCommit(HttpProxy.Request request) {
    return request.method().equals("POST")
        && (request.path().endsWith("/transactions/commit") || request.path().contains("/tables/"));
  }

  private static void answer(HttpProxy proxy, HttpProxy.Answer answer, Random random, Rig rig) {
    follow(proxy, request -> true, (request, upstream) -> answer, random, rig);
  }

  /** Commits are cut off, and get to the catalog seconds later, when others may have been made. */
  private static void commitLate(HttpProxy proxy, Random random, Rig rig) {
    List<CompletableFuture<?>> late = new CopyOnWriteArrayList<>();
    long delayMillis = random.nextInt(5_000);
    follow(
        proxy,
        ServersIT::isCommit,
        (request, upstream) -> {
          late.add(
              CompletableFuture.runAsync(
                  () -> sendLate(request, upstream),
                  CompletableFuture.delayedExecutor(delayMillis, TimeUnit.MILLISECONDS)));
          return HttpProxy.Answer.CUT;
        },
        random,
        rig);
    late.forEach(CompletableFuture::join);
  }

  private static void sendLate(HttpProxy.Request request, HttpProxy.Upstream upstream) {
    try {
      HttpProxy.Answer answer = upstream.send(request);
      System.out.println("a late commit was answered with " + answer.status());
    } catch (IOException e) {
      System.out.println("a late commit was refused: " + e);
    }
  }

  /** Some requests are treated so for a while, at least one of them. */
  private static void follow(
      HttpProxy proxy,
      Predicate<HttpProxy.Request> which,
      HttpProxy.Script script,
      Random random,
      Rig rig) {
    AtomicInteger count = new AtomicInteger();
    proxy.follow(
        (request, upstream) -> {
          if (!which.test(request)) {
            return upstream.send(request);
          }
          count.incrementAndGet();
          return script.answer(request, upstream);
        });
    Await.until("the fault strikes", Rig.LIMIT, () -> count.get() > 0, rig::logs);
    pass(random);
    proxy.follow(HttpProxy.Script.PASS);
  }

  /** Objects are refused before they are stored, or stored and answered with the error. */
  private static void refuse(S3Server store, RuntimeException error, Random random, Rig rig) {
    String when = random.nextBoolean() ? "before" : "after";
    AtomicInteger count = new AtomicInteger();
    store.watch(
        (moment, key) -> {
          if (moment.equals(when)) {
            count.incrementAndGet();
            throw error;
          }
        });
    Await.until("the fault strikes", Rig.LIMIT, () -> count.get() > 0, rig::logs);
    pass(random);
    store.watch(S3Server.Watch.NONE);
  }

  private void strikeUnderLoad(Rig rig, Trials trials, List<Fault> faults) throws Exception {
    rig.start();
    try (LoadClient load = LoadClient.start(rig.load(2, Integer.MAX_VALUE, 20, mix), log)) {
      int offset = trials.random().nextInt(faults.size());
      for (int i = 0; i < trials.count(); i++) {
        load.awaitMoreAcks(1 + trials.random().nextInt(100), Rig.LIMIT);
        Fault fault = faults.get((offset + i) % faults.size());
        System.out.println("fault: " + fault.name());
        fault.strike().strike();
        // Requests are accepted whatever the target does; and all of them get there.
        load.awaitMoreAcks(10, Rig.LIMIT);
        if (i < trials.count() - 1) {
          rig.awaitCommitted();
        }
        trials.tried();
      }
    }
    trials.settle(rig, log);
    assertTrue(rig.quarantined().isEmpty(), () -> "in quarantine: " + rig.quarantined());
  }

  /** Up to three seconds, in which a seal or more is due. */
  private static void pass(Random random) {
    pause(100 + random.nextInt(2_900));
  }

  private static void pause(long millis) {
    long began = System.nanoTime();
    Await.until(
        "time passes",
        Rig.LIMIT,
        () -> System.nanoTime() - began >= Duration.ofMillis(millis).toNanos());
  }

  private static void awaitStruck(TcpProxy.Fault fault, Rig rig) {
    Await.until("the fault strikes", Rig.LIMIT, fault::hasStruck, rig::logs);
  }

  private Rig rig() throws Exception {
    return Rig.in(Files.createDirectory(folder.resolve("rig")))
        .set("spool.segment_age", "2s")
        .server("seal_max_age_ms", "100");
  }
}
