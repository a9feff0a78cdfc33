package io.duckspool.writer.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.duckspool.common.server.ServerFile;
import io.duckspool.common.server.ServerState;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pipelines as the server files ask for them. */
final class PipelinesTest {

  @TempDir Path temp;
  private PipelineHarness server;
  private Pipelines pipelines;

  @BeforeEach
  void open() throws Exception {
    server = PipelineHarness.open(temp);
    pipelines = server.noPipelines();
  }

  @AfterEach
  void close() throws Exception {
    pipelines.close(0);
    server.close();
  }

  /** A replay to another target was finished after the file had been read. */
  @Test
  void aServerFileThatWasReplacedMeanwhile_changesNoTarget() throws Exception {
    ServerFile before = StopTest.file(server, ServerState.STOPPING);
    before.write(server.folder);
    pipelines.update(server.folder, before);
    assertEquals("main", schema());
    ServerFile after =
        before.with(before.config().withTarget(Optional.empty(), "other", Optional.empty()));
    after.write(server.folder);
    pipelines.update(server.folder, after);
    assertEquals("other", schema());
    pipelines.update(server.folder, before);
    assertEquals("other", schema());
    assertEquals(after, ServerFile.read(server.folder));
  }

  private String schema() {
    return pipelines.find(server.spoolId).orElseThrow().target().schema();
  }
}
