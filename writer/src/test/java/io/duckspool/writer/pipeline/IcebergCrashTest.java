package io.duckspool.writer.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.duckspool.common.fault.CrashPoint;
import io.duckspool.writer.servers.ChildJvm;
import io.duckspool.writer.servers.HttpProxy;
import io.duckspool.writer.servers.IcebergRig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A process that stores in an Iceberg catalog dies at each crash point on that way, and is started
 * again: nothing is lost or doubled, for other readers of the catalog either.
 */
final class IcebergCrashTest {

  private static final String COMMIT = "/v1/transactions/commit";

  /** Tables that a seal changes. */
  private static final List<String> TABLES = List.of("otlp_logs", "otlp_traces", "duckspool_seals");

  private final IcebergRig rig = IcebergRig.shared();

  @TempDir Path data;
  private final String schema = rig.newSchema();

  /** Those of a seal into Iceberg, and those of any seal. */
  static Stream<CrashPoint> points() {
    return Stream.concat(
        Stream.of(CrashPoint.SEAL_FROZEN, CrashPoint.CHECKPOINT_PUBLISHED),
        Stream.of(CrashPoint.values()).filter(point -> point.name().startsWith("ICEBERG_")));
  }

  /** A time at which one seal is done, and a part of the next one, where that has parts. */
  private static int timeOf(CrashPoint point) {
    return switch (point) {
      case ICEBERG_LEDGER_BEGUN -> 1; // There is one start.
      case ICEBERG_TABLE_INSERTED, CHECKPOINT_PUBLISHED -> 3;
      default -> 2;
    };
  }

  @ParameterizedTest
  @MethodSource("points")
  void aProcessThatIsHalted_losesAndDoublesNothing(CrashPoint point) throws Exception {
    try (SealingProcess writer = writer()) {
      writer.haltAt(point, timeOf(point));
      writer.assertThatARestartStoresAllOnce();
      assertAReaderSeesAllOnce(writer.server);
    }
  }

  /** As catalogs do that apply a transaction table by table. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void aProcessThatIsKilledBetweenTheCommitsOfTables_losesAndDoublesNothing(int done)
      throws Exception {
    Set<String> lost = Set.copyOf(TABLES.subList(done, TABLES.size()));
    AtomicInteger commits = new AtomicInteger();
    CompletableFuture<ChildJvm> process = new CompletableFuture<>();
    try (SealingProcess writer = writer()) {
      rig.proxy()
          .follow(
              (request, upstream) -> {
                if (!request.isPost(COMMIT) || !request.body().contains("\"add-snapshot\"")) {
                  return upstream.send(request);
                }
                boolean isSecond = commits.incrementAndGet() == 2;
                HttpProxy.Answer answer =
                    rig.proxy().sendTableByTable(request, isSecond ? lost : Set.of());
                if (isSecond) {
                  process.join().kill();
                }
                return answer;
              });
      try (ChildJvm child = writer.start("")) {
        process.complete(child);
        child.awaitHalt();
      } finally {
        rig.proxy().follow(HttpProxy.Script.PASS);
      }
      assertEquals(2, commits.get());
      assertTables(done);
      writer.assertThatARestartStoresAllOnce();
      assertAReaderSeesAllOnce(writer.server);
    }
  }

  private SealingProcess writer() throws Exception {
    return SealingProcess.of(
        Files.createDirectories(data.resolve("data")), CrashTarget.icebergIn(rig, schema));
  }

  /** Of the second seal so many tables have their rows; otherwise nothing was tried. */
  private void assertTables(int done) throws SQLException {
    List<String> expected = new ArrayList<>();
    List<String> found = new ArrayList<>();
    try (Connection reader = rig.open(schema)) {
      for (String table : TABLES) {
        int seals = TABLES.indexOf(table) < done ? 2 : 1;
        expected.add(table + " " + seals * (table.startsWith("otlp") ? SealingProcess.ROWS : 1));
        found.add(table + " " + texts(reader, "SELECT count(*) FROM " + table).get(0));
      }
    }
    assertEquals(expected, found);
  }

  /** Another process with the catalog. */
  private void assertAReaderSeesAllOnce(PipelineHarness sent) throws SQLException {
    try (Connection reader = rig.open(schema)) {
      assertEquals(
          sent.sent.stream().sorted().toList(),
          texts(reader, "SELECT body FROM otlp_logs ORDER BY body"));
      assertEquals(
          sent.sentSpans.stream().sorted().toList(),
          texts(reader, "SELECT name FROM otlp_traces ORDER BY name"));
      assertEquals(
          List.of("1", "2", "3", "4"),
          texts(reader, "SELECT seal_id FROM duckspool_seals ORDER BY seal_id"));
    }
  }

  private static List<String> texts(Connection reader, String sql) throws SQLException {
    List<String> texts = new ArrayList<>();
    try (Statement statement = reader.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        texts.add(rows.getString(1));
      }
    }
    return texts;
  }
}
