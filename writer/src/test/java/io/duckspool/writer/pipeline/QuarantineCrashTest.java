package io.duckspool.writer.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.fault.CrashPoint;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.writer.servers.ChildJvm;
import io.duckspool.writer.servers.IcebergRig;
import io.duckspool.writer.sink.Audit;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A writer dies while it stores what is in quarantine, at each crash point of a replay and of the
 * target's own commit, and is started again: each entry is in the target once, and none is in
 * quarantine any more.
 */
final class QuarantineCrashTest {

  @TempDir Path folder;

  /** Kinds of targets with the points of their commits; a replay is their second one at least. */
  static Stream<Arguments> points() {
    return Stream.of("duckdb", "ducklake", "parquet", "iceberg")
        .flatMap(
            kind ->
                Stream.of(CrashPoint.values())
                    .filter(point -> isOn(point, kind))
                    .map(point -> Arguments.of(kind, point)));
  }

  private static boolean isOn(CrashPoint point, String kind) {
    if (point.name().startsWith("QUARANTINE_REPLAY_")) {
      // The others are steps of the quarantine, the same ones whatever the target.
      return kind.equals("duckdb")
          || point == CrashPoint.QUARANTINE_REPLAY_LEDGER_MADE
          || point == CrashPoint.QUARANTINE_REPLAY_COMMITTED
          || point == CrashPoint.QUARANTINE_REPLAY_LEDGER_REMOVED;
    }
    return switch (kind) {
      case "duckdb" ->
          point == CrashPoint.SEAL_TABLE_INSERTED || point == CrashPoint.SEAL_COMMITTED;
      case "ducklake" ->
          point == CrashPoint.LAKE_FILES_SYNCED || point == CrashPoint.SEAL_COMMITTED;
      case "parquet" ->
          point == CrashPoint.EXPORT_INTENT_WRITTEN || point == CrashPoint.EXPORT_FILE_PLACED;
      default -> point == CrashPoint.ICEBERG_BEFORE_COMMIT || point == CrashPoint.ICEBERG_COMMITTED;
    };
  }

  private CrashTarget target(String kind) {
    return switch (kind) {
      case "duckdb" -> CrashTarget.duckDb();
      case "ducklake" -> CrashTarget.lakeIn(folder.resolve("lake"));
      case "parquet" -> CrashTarget.parquetIn(folder.resolve("root"));
      default -> CrashTarget.icebergIn(IcebergRig.shared(), IcebergRig.shared().newSchema());
    };
  }

  @ParameterizedTest
  @MethodSource("points")
  void aReplayThatIsHalted_storesEachEntryOnce(String kind, CrashPoint point) throws Exception {
    CrashTarget target = target(kind);
    Path data = Files.createDirectories(folder.resolve("data"));
    Files.createDirectories(folder.resolve("lake"));
    try (PipelineHarness server = PipelineHarness.openSpool(data, target.target())) {
      server.openTarget(target.open(data));
      server.makeLedger();
      List<SpoolIndex> refused = quarantine(server);
      server.database.close();
      List<String> arguments = new ArrayList<>();
      arguments.add(data.toString());
      arguments.add(server.firstIndex().toString());
      arguments.add(server.aliveRun());
      arguments.addAll(target.arguments());
      refused.forEach(index -> arguments.add(index.toString()));
      try (ChildJvm writer =
          ChildJvm.start(
              QuarantineCrashTest.class, point.name(), data.resolve("writer.log"), arguments)) {
        writer.awaitHalt();
      }

      server.openTarget(target.open(data));
      Pipeline pipeline = server.startPipeline();
      server.drain();
      server.runUntilState(PipelineState.RUNNING);
      server.steps(2);
      assertEquals(List.of(), server.quarantined());
      server.assertExactlyOnce();
      assertEquals(0, pipeline.snapshot().quarantinedEntries());
      assertProvenanceIsRight(server);
    }
  }

  private static void assertProvenanceIsRight(PipelineHarness server) throws Exception {
    Audit.Provenance provenance = server.sink.audit(server.spoolId).provenance().orElseThrow();
    assertEquals(List.of(), provenance.breaks());
    for (Audit.TableRows table : provenance.tables()) {
      assertEquals(table.sealed(), table.present(), table::table);
    }
  }

  /** Logs and spans that are refused when they come, between others that aren't. */
  private static List<SpoolIndex> quarantine(PipelineHarness server) throws Exception {
    server.append(2);
    List<SpoolIndex> refused = new ArrayList<>();
    refused.add(server.append(3));
    refused.add(server.appendSpans(2));
    server.append(1);
    server.sink.refuse(
        (move, batch) ->
            batch.rows() > 0
                && refused.stream()
                    .anyMatch(
                        index ->
                            !isQuarantined(server, index)
                                && index.compareTo(move.first()) >= 0
                                && index.compareTo(move.next().next()) < 0));
    Pipeline unused = server.startPipeline();
    server.drain();
    server.closePipeline();
    assertEquals(refused.size(), server.quarantined().size());
    return refused;
  }

  private static boolean isQuarantined(PipelineHarness server, SpoolIndex index) {
    return Files.exists(server.folder.quarantine().resolve(index + ".quarantined"));
  }

  /** The writer that is to die. */
  public static void main(String[] arguments) throws Exception {
    List<String> all = List.of(arguments);
    CrashTarget target = CrashTarget.of(all.subList(3, 7));
    try (PipelineHarness writer =
        PipelineHarness.openWriter(
            Path.of(all.get(0)), target, SpoolIndex.parse(all.get(1)), all.get(2), all.get(2))) {
      Pipeline pipeline = writer.startPipeline();
      writer.runUntilState(PipelineState.RUNNING);
      CompletableFuture<Outcome<AdminApi.QuarantineReplayed>> reply = new CompletableFuture<>();
      pipeline.accept(
          new PipelineCommand.ReplayQuarantine(
              Optional.empty(),
              all.subList(7, all.size()).stream().map(SpoolIndex::parse).toList(),
              reply));
      assertInstanceOf(Outcome.Done.class, reply.get());
      assertFalse(true, "the point was not reached");
    }
  }
}
