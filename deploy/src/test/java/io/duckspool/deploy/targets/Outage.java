package io.duckspool.deploy.targets;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.AdminJson;
import io.duckspool.common.server.DataFolder;
import io.duckspool.deploy.harness.Await;
import io.duckspool.deploy.harness.LoadClient;
import io.duckspool.deploy.harness.Rig;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;

/**
 * What holds while a fault of the target's server lasts: requests are accepted, and where nothing
 * can be committed they wait in the spool. Used by the test's thread.
 */
final class Outage {
  /** Requests that are to be accepted while a fault lasts. */
  private static final int ACKS = 10;

  private static final Duration LIST_LIMIT = Duration.ofSeconds(30);

  private final Rig rig;
  private final LoadClient load;
  private final int rowsEach;
  private final Random random;
  private int count;

  /**
   * @param rowsEach rows of each request of the load
   */
  Outage(Rig rig, LoadClient load, int rowsEach, Random random) {
    this.rig = rig;
    this.load = load;
    this.rowsEach = rowsEach;
    this.random = random;
  }

  /** Lets a fault last that lets commits through, some or all. */
  void lasts() {
    load.awaitMoreAcks(ACKS, Rig.LIMIT);
    pass();
  }

  /** Lets a fault last, now in force, during which nothing can be committed. */
  void lastsWithoutCommits() throws Exception {
    awaitGrowth();
    long committed = list("committed_rows_total");
    pass();
    assertEquals(committed, list("committed_rows_total"), "rows are committed all the same");
  }

  /** The same until the writer has given a seal up: a client may try again for seconds before. */
  void lastsUntilASealFails() throws Exception {
    long failures = list("seal_failures_total");
    awaitGrowth();
    long committed = list("committed_rows_total");
    Await.until(
        "a seal fails",
        Rig.LIMIT,
        () -> {
          if (list("committed_rows_total") != committed) {
            throw new Await.GaveUpException("rows are committed all the same");
          }
          return list("seal_failures_total") > failures;
        },
        rig::logs);
  }

  private void awaitGrowth() throws Exception {
    long before = list("buffered_rows");
    load.awaitMoreAcks(ACKS, Rig.LIMIT);
    Await.until(
        "the spool grows from " + before + " rows",
        Rig.LIMIT,
        () -> list("buffered_rows") >= before + ACKS * rowsEach,
        rig::logs);
  }

  /**
   * Waits until all that was accepted is committed. A writer that has ended meanwhile is started
   * again, as its supervisor does; only of a fatal error of DuckDB may it end.
   */
  void ends() {
    String fence = "after outage " + ++count;
    keepUntil("accepted: " + fence, () -> rig.isAccepted(fence));
    keepUntil("committed: " + fence, () -> rig.isCommitted(fence));
  }

  /** Waits until a fault is in force. */
  static void awaitStruck(Callable<Boolean> hasStruck, Rig rig) {
    Await.until("the fault strikes", Rig.LIMIT, hasStruck, rig::logs);
  }

  private void keepUntil(String what, Callable<Boolean> condition) {
    Await.until(
        what,
        Rig.LIMIT,
        () -> {
          Optional<Integer> exitCode = rig.exitCode("writer");
          if (exitCode.isPresent()) {
            if (!Files.exists(new DataFolder(rig.data()).endNote())) {
              throw new Await.GaveUpException("the writer ended with " + exitCode.get());
            }
            System.out.println("DuckDB failed fatally, the writer is started again");
            rig.startWriter();
          }
          return condition.call();
        },
        rig::logs);
  }

  private long list(String column) throws Exception {
    JsonNode rows =
        AdminJson.MAPPER.readTree(rig.receiverControl().get(AdminApi.SERVER_LIST, LIST_LIMIT));
    return rows.get(0).get(column).asLong();
  }

  /** Up to three seconds, in which a seal or more is due. */
  private void pass() {
    long millis = 100 + random.nextInt(2_900);
    long began = System.nanoTime();
    Await.until(
        "time passes",
        Rig.LIMIT,
        () -> System.nanoTime() - began >= Duration.ofMillis(millis).toNanos());
  }
}
