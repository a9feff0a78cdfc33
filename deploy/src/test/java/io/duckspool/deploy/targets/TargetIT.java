package io.duckspool.deploy.targets;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.AdminJson;
import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.common.otlp.Signal;
import io.duckspool.deploy.harness.AckLog;
import io.duckspool.deploy.harness.Await;
import io.duckspool.deploy.harness.LoadClient;
import io.duckspool.deploy.harness.Rig;
import io.duckspool.deploy.load.StampedRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each target behind both processes: items of all signals are sent, the writer is killed with -9
 * again and again while it seals, and then the target has the rows that a DuckDB file has which the
 * same requests went to in peace, in all columns. That file has what was sent, by the generated
 * classes of OTLP. {@code -Dduckspool.targets=lake,parquet} chooses among {@link TestTarget},
 * {@code -Dduckspool.items=N} and {@code -Dduckspool.target.kills=N} set the amounts, {@code
 * -Dduckspool.seed=N} repeats the choices.
 */
@Tag("targets")
final class TargetIT {
  private static final int ITEMS = Integer.getInteger("duckspool.items", 200_000);
  private static final int KILLS = Integer.getInteger("duckspool.target.kills", 5);

  private static final int REQUESTS = ITEMS / ItemRequests.ITEMS;

  /** How long the load may last for each death: some times what it and a start take. */
  private static final long LOAD_MILLIS_A_DEATH = 20_000;

  private static final int CONNECTIONS = 4;

  /** Signals of the requests, in turn. */
  private static final List<Signal> ORDER = List.of(Signal.LOGS, Signal.TRACES, Signal.METRICS);

  private static final StampedRequest[] MIX =
      ORDER.stream().map(ItemRequests::request).toArray(StampedRequest[]::new);

  @TempDir static Path peace;
  private static Path expected;

  @TempDir Path folder;

  static Stream<TestTarget> targets() {
    String chosen = System.getProperty("duckspool.targets", "");
    return chosen.isEmpty()
        ? Stream.of(TestTarget.values())
        : Arrays.stream(chosen.split(","))
            .map(name -> TestTarget.valueOf(name.strip().toUpperCase(Locale.ROOT)));
  }

  @BeforeAll
  static void storeInPeace() throws Exception {
    AckLog log = new AckLog(ItemRequests.ITEMS);
    try (Rig rig = Rig.in(peace).start()) {
      try (LoadClient load = LoadClient.start(rig.load(CONNECTIONS, REQUESTS, 0, MIX), log)) {
        load.awaitEnd(Rig.LIMIT);
      }
      flush(rig);
      rig.stop();
      rig.balance(log).assertExact();
      try (Connection stored = rig.openDatabase()) {
        for (Signal signal : ORDER) {
          SentRows.assertStored(stored, ItemRequests.message(signal), requestCount(signal));
        }
      }
      expected = rig.data().resolve("otlp.duckdb");
    }
  }

  @ParameterizedTest
  @MethodSource("targets")
  void killedWriter_storesWhatWasSent_onceAndInAllColumns(TestTarget target) throws Exception {
    long seed = Long.getLong("duckspool.seed", System.nanoTime());
    System.out.println(
        target + ": -Dduckspool.target.kills=" + KILLS + " -Dduckspool.seed=" + seed);
    long began = System.nanoTime();
    AckLog log = new AckLog(ItemRequests.ITEMS);
    try (RunningTarget running = target.start(Files.createDirectory(folder.resolve("target")));
        Rig rig = Rig.in(Files.createDirectory(folder.resolve("rig")))) {
      running.configure(rig);
      rig.start();
      WriterKills kills = new WriterKills(rig, new Random(seed), target.sealPoints());
      try (LoadClient load =
          LoadClient.start(rig.load(CONNECTIONS, REQUESTS, pauseMillis(target), MIX), log)) {
        while (kills.inSealCount() < KILLS || !kills.pointsLeft().isEmpty()) {
          assertTrue(load.isRunning(), () -> "the load ended too early: " + described(kills));
          kills.kill(() -> !load.isRunning());
        }
      }
      sendTheRest(rig, log, kills);
      flush(rig);
      assertEquals(REQUESTS, log.ackedCount(), "requests that were accepted");
      assertCountedByTheWriter(rig);
      rig.stop();
      assertTrue(rig.quarantined().isEmpty(), () -> "in quarantine: " + rig.quarantined());
      rig.balance(log).assertExact();
      assertStored(running, rig);
      try (Connection stored = rig.openDatabase()) {
        System.out.printf(
            "%s: %d items, %s, %d seals, %.1f s%n",
            target,
            ITEMS,
            described(kills),
            Seals.count(stored),
            (System.nanoTime() - began) / 1e9);
      }
    }
  }

  /** Of a connection between two requests while the writer is killed. */
  private static long pauseMillis(TestTarget target) {
    int deathCount = KILLS + target.sealPoints().size();
    return LOAD_MILLIS_A_DEATH * deathCount * CONNECTIONS / REQUESTS;
  }

  private static String described(WriterKills kills) {
    return "%d kills, %d of %d needed in a seal, %d halts, %s left"
        .formatted(
            kills.killCount(), kills.inSealCount(), KILLS, kills.haltCount(), kills.pointsLeft());
  }

  /** At once, with one more kill while the writer has much to do. */
  private static void sendTheRest(Rig rig, AckLog log, WriterKills kills) {
    int rest = REQUESTS - log.sentCount();
    if (rest > 0) {
      try (LoadClient load = LoadClient.start(rig.load(CONNECTIONS, rest, 0, MIX), log)) {
        kills.kill(() -> !load.isRunning());
        load.awaitEnd(Rig.LIMIT);
      }
    }
  }

  /** Waits until everything that was accepted is committed. */
  private static void flush(Rig rig) {
    AdminApi.Flush call = new AdminApi.Flush("otlp:127.0.0.1:" + rig.port(), null);
    Await.until(
        "all is committed",
        Rig.LIMIT,
        () ->
            AdminJson.read(
                    rig.receiverControl().post(AdminApi.FLUSH, call, Rig.LIMIT),
                    AdminApi.Flushed.class)
                .status()
                .equals("sealed"),
        rig::logs);
  }

  /** The writer, too, answers queries over what it has stored. */
  private static void assertCountedByTheWriter(Rig rig) throws Exception {
    for (OtlpTable table : OtlpTable.values()) {
      String name = rig.table(table.tableName());
      assertEquals(
          itemCount(table),
          AdminJson.MAPPER
              .readTree(rig.sql("SELECT count(*) AS n FROM " + name))
              .findValue("n")
              .asLong(),
          name);
    }
  }

  private void assertStored(RunningTarget running, Rig rig) throws Exception {
    try (Connection stored = rig.openDatabase()) {
      SameRows.assertSame(stored, expected);
      running.check(stored);
    }
    Optional<Connection> other =
        running.readBack().read(Files.createDirectory(folder.resolve("read-back")));
    if (other.isPresent()) {
      try (Connection read = other.get()) {
        SameRows.assertSame(read, expected);
      }
    }
  }

  /** Requests take the signals in turn, and those of metrics the kinds. */
  private static long itemCount(OtlpTable table) {
    int items = requestCount(table.signal()) * ItemRequests.ITEMS;
    return table.signal() == Signal.METRICS ? items / MetricItems.KINDS : items;
  }

  private static int requestCount(Signal signal) {
    return (REQUESTS + ORDER.size() - 1 - ORDER.indexOf(signal)) / ORDER.size();
  }
}
