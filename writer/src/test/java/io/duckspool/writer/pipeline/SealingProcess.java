package io.duckspool.writer.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.duckspool.common.fault.CrashPoint;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.writer.batch.SealLimits;
import io.duckspool.writer.servers.ChildJvm;
import io.duckspool.writer.sink.Audit;
import io.duckspool.writer.sink.Sink;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A writer that is a process of its own, and dies while it stores what the test, as the receiver,
 * has put into the spool; then this JVM is the writer that starts after it.
 *
 * <p>The spool has two segments, each of two batches of logs and spans. The first segment may go
 * once the first batch of the second one is committed, the third of all.
 */
final class SealingProcess implements AutoCloseable {

  /** So many batches are sealed. */
  static final int SEALS = 4;

  /** Rows of each kind in a batch. */
  static final int ROWS = 5;

  private static final SealLimits LIMITS = new SealLimits(64L << 20, 1_000, 256L << 20, 2 * ROWS);

  final PipelineHarness server;
  private final Path data;
  private final CrashTarget target;
  private final String firstRun;

  private SealingProcess(PipelineHarness server, Path data, CrashTarget target, String firstRun) {
    this.server = server;
    this.data = data;
    this.target = target;
    this.firstRun = firstRun;
  }

  /**
   * Fills a spool.
   *
   * @param data the data folder
   */
  static SealingProcess of(Path data, CrashTarget target) throws Exception {
    PipelineHarness server = PipelineHarness.openSpool(data, target.target());
    server.limits = LIMITS;
    String firstRun = server.aliveRun();
    for (int seal = 0; seal < SEALS; seal++) {
      if (seal == SEALS / 2) {
        server.restartReceiver();
      }
      server.append(ROWS);
      server.appendSpans(ROWS);
    }
    return new SealingProcess(server, data, target, firstRun);
  }

  /** Starts the writer that is to die. */
  ChildJvm start(String crashAt) throws Exception {
    List<String> arguments = new ArrayList<>();
    arguments.add(data.toString());
    arguments.add(server.firstIndex().toString());
    arguments.add(firstRun);
    arguments.add(server.aliveRun());
    arguments.addAll(target.arguments());
    return ChildJvm.start(SealingProcess.class, crashAt, data.resolve("writer.log"), arguments);
  }

  /** Has the writer die at a point, which must be reached. */
  void haltAt(CrashPoint point, int time) throws Exception {
    try (ChildJvm writer = start(point + ":" + time)) {
      writer.awaitHalt();
    }
  }

  /** The writer starts again: each row is in the target once, and so says the provenance. */
  void assertThatARestartStoresAllOnce() throws Exception {
    server.openTarget(target.open(data));
    Sink sink = server.sink;
    Pipeline pipeline = server.startPipeline();
    server.drain();
    assertEquals(PipelineState.RUNNING, pipeline.snapshot().state());
    server.assertExactlyOnce();
    assertEquals(1, server.segments().size(), "what is committed is removed from the spool");
    server.closePipeline();
    Audit.Provenance provenance = sink.audit(server.spoolId).provenance().orElseThrow();
    assertEquals(List.of(), provenance.breaks());
    assertEquals(server.spool().durable().next(), provenance.next().orElseThrow());
    assertEquals(server.firstIndex(), provenance.first().orElseThrow());
    for (Audit.TableRows table : provenance.tables()) {
      assertEquals(table.sealed(), table.present(), table::table);
    }
  }

  @Override
  public void close() throws Exception {
    server.close();
  }

  /** The writer that is to die. */
  public static void main(String[] arguments) throws Exception {
    List<String> all = List.of(arguments);
    Path data = Path.of(all.get(0));
    CrashTarget target = CrashTarget.of(all.subList(4, all.size()));
    try (PipelineHarness writer =
        PipelineHarness.openWriter(
            data, target, SpoolIndex.parse(all.get(1)), all.get(2), all.get(3))) {
      writer.limits = LIMITS;
      Pipeline pipeline = writer.startPipeline();
      writer.runUntil(
          "all is committed", () -> pipeline.snapshot().committed().entries() == 2 * SEALS);
    }
  }
}
