package io.duckspool.writer.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.duckspool.common.fault.CrashPoint;
import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.writer.servers.ChildJvm;
import io.duckspool.writer.servers.DuckDbExtensions;
import io.duckspool.writer.servers.S3Server;
import io.duckspool.writer.sink.MemoryDiskFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A process that stores in plain Parquet files dies at each crash point on that way, and is started
 * again: nothing is lost or doubled, and nothing is left that a reader of the files sees.
 */
final class ParquetCrashTest {

  private static final String BUCKET = "bucket";
  private static final String ROOT = "s3://" + BUCKET + "/otlp";

  @TempDir Path folder;

  /** Those of a seal into files, and those of any seal. */
  static Stream<CrashPoint> points() {
    return Stream.concat(
        Stream.of(CrashPoint.SEAL_FROZEN, CrashPoint.CHECKPOINT_PUBLISHED),
        Stream.of(CrashPoint.values()).filter(point -> point.name().startsWith("EXPORT_")));
  }

  /** A time at which one seal is done, and a part of the next one, where that has parts. */
  private static int timeOf(CrashPoint point) {
    return switch (point) {
      case EXPORT_FILE_PLACED, CHECKPOINT_PUBLISHED -> 3;
      default -> 2;
    };
  }

  @ParameterizedTest
  @MethodSource("points")
  void inAFolder_aProcessThatIsHalted_losesAndDoublesNothing(CrashPoint point) throws Exception {
    haltInFolder(folder.resolve("root"), point);
  }

  /** There each file is copied before it is renamed. */
  @ParameterizedTest
  @EnumSource(
      value = CrashPoint.class,
      names = {"EXPORT_FILES_BROUGHT", "EXPORT_FILE_PLACED"})
  void onAnotherFileSystem_aProcessThatIsHalted_losesAndDoublesNothing(
      CrashPoint point, @TempDir(factory = MemoryDiskFactory.class) Path other) throws Exception {
    assertNotEquals(Files.getFileStore(folder), Files.getFileStore(other));
    haltInFolder(other.resolve("root"), point);
  }

  private void haltInFolder(Path root, CrashPoint point) throws Exception {
    try (SealingProcess writer = SealingProcess.of(data(), CrashTarget.parquetIn(root))) {
      writer.haltAt(point, timeOf(point));
      writer.assertThatARestartStoresAllOnce();
      assertAReaderSeesAllOnce(writer.server, root.toString(), Optional.empty());
      List<String> names =
          files(root).map(file -> root.relativize(file).toString()).sorted().toList();
      assertNothingIsLeft(names, writer.server.spoolId, List.of(writer.server.spoolId + ".lock"));
    }
  }

  /** Each request that changes something: it is carried out, and nobody is there to know. */
  @ParameterizedTest
  @CsvSource({
    "the intent of the second seal, .intent.json, 3",
    "its first file, .parquet, 3",
    "its second file, .parquet, 4",
    "the ledger's move, .ledger.json, 3",
    "the end of the intent, .intent.json, 4"
  })
  void inS3_aProcessThatIsKilledBeforeItGetsAnAnswer_losesAndDoublesNothing(
      String what, String end, int time) throws Exception {
    try (S3Server server = S3Server.start(folder.resolve("s3"))) {
      server.createBucket(BUCKET);
      try (SealingProcess writer = SealingProcess.of(data(), CrashTarget.parquetIn(ROOT, server))) {
        killAfterPut(writer, server, end, time);
        writer.assertThatARestartStoresAllOnce();
        assertAReaderSeesAllOnce(writer.server, ROOT, Optional.of(server.createSecretSql("store")));
        List<String> names = new ArrayList<>();
        for (String key : server.keys(BUCKET, "otlp/")) {
          if (server.get(BUCKET, key).length > 0) { // Else it is an intent that is no more.
            names.add(key.substring("otlp/".length()));
          }
        }
        assertNothingIsLeft(names, writer.server.spoolId, List.of());
      }
    }
  }

  private static void killAfterPut(SealingProcess writer, S3Server server, String end, int time)
      throws Exception {
    AtomicInteger left = new AtomicInteger(time);
    CompletableFuture<ChildJvm> process = new CompletableFuture<>();
    server.watch(
        (moment, key) -> {
          if (moment.equals("after") && key.endsWith(end) && left.decrementAndGet() == 0) {
            process.join().kill();
          }
        });
    try (ChildJvm child = writer.start("")) {
      process.complete(child);
      child.awaitHalt();
    } finally {
      server.watch(S3Server.Watch.NONE);
    }
  }

  private Path data() throws Exception {
    return Files.createDirectories(folder.resolve("data"));
  }

  /** A reader who knows nothing of duckspool. */
  private static void assertAReaderSeesAllOnce(
      PipelineHarness sent, String root, Optional<String> secret) throws SQLException {
    try (Connection reader =
            DriverManager.getConnection("jdbc:duckdb:", DuckDbExtensions.properties());
        Statement statement = reader.createStatement()) {
      if (secret.isPresent()) {
        statement.execute("LOAD httpfs");
        statement.execute(secret.get());
      }
      assertEquals(
          sent.sent.stream().sorted().toList(),
          texts(statement, "SELECT body FROM '" + root + "/otlp_logs/**/*.parquet' ORDER BY 1"));
      assertEquals(
          sent.sentSpans.stream().sorted().toList(),
          texts(statement, "SELECT name FROM '" + root + "/otlp_traces/**/*.parquet' ORDER BY 1"));
    }
  }

  private static List<String> texts(Statement statement, String sql) throws SQLException {
    List<String> texts = new ArrayList<>();
    try (ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        texts.add(rows.getString(1));
      }
    }
    return texts;
  }

  /** One file for each table and seal, and what a root has without any seal. */
  private void assertNothingIsLeft(List<String> names, String spoolId, List<String> locks)
      throws Exception {
    assertEquals(
        2 * SealingProcess.SEALS,
        names.stream().filter(name -> name.matches("otlp_.*/[0-9a-f]{8}-.*\\.parquet")).count(),
        names::toString);
    Set<String> others = new TreeSet<>(names);
    others.removeIf(name -> name.endsWith(".parquet"));
    Set<String> expected = new TreeSet<>();
    for (OtlpTable table : OtlpTable.values()) {
      expected.add(table.tableName() + "/_schema.parquet-empty");
    }
    expected.add("_duckspool/format.json");
    expected.add("_duckspool/" + spoolId + ".ledger.json");
    locks.forEach(lock -> expected.add("_duckspool/" + lock));
    assertEquals(expected, others);
    assertEquals(List.of(), files(data().resolve("staging")).toList());
  }

  private static Stream<Path> files(Path folder) throws Exception {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(Files::isRegularFile).toList().stream();
    }
  }
}
