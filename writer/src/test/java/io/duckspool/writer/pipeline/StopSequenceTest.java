package io.duckspool.writer.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.config.ConfigLoader;
import io.duckspool.common.config.ConfigLoader.Role;
import io.duckspool.common.config.DuckspoolConfig;
import io.duckspool.common.config.Machine;
import io.duckspool.common.config.ServerParameters;
import io.duckspool.common.server.AtomicFile;
import io.duckspool.common.server.DataFolder;
import io.duckspool.common.server.ServerFile;
import io.duckspool.common.server.ServerFolder;
import io.duckspool.common.server.ServerState;
import io.duckspool.spool.CheckpointFile;
import io.duckspool.spool.DurableMark;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolPosition;
import io.duckspool.writer.sink.SinkException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The removal of a server whose target is not there, and never was. */
final class StopSequenceTest {

  private static final String SPOOL_ID = "ab".repeat(16);

  @TempDir Path temp;

  private ServerFolder drained(DataFolder data) throws Exception {
    DuckspoolConfig config = new ConfigLoader(Role.TOOL).load();
    ServerFile file =
        new ServerFile(
            ServerState.DRAINED,
            SPOOL_ID,
            1,
            "cd".repeat(16),
            Instant.EPOCH,
            false,
            new ServerParameters(config, Machine.current())
                .parse("{\"catalog\":\"nowhere\"}".getBytes(StandardCharsets.UTF_8)));
    ServerFolder folder = data.server(file.listenUri());
    AtomicFile.createFolder(folder.path());
    file.write(folder);
    return folder;
  }

  private static void publish(ServerFolder folder, long entries) throws Exception {
    CheckpointFile.durable(folder.path(), true)
        .publish(
            new DurableMark(
                "cd".repeat(16), new SpoolPosition(new SpoolIndex(1, entries + 1), entries, 1, 1)));
  }

  @Test
  void aServerThatNeverTookAnything_goes_thoughItsTargetIsRefused() throws Exception {
    DataFolder data = new DataFolder(temp);
    data.create();
    ServerFolder folder = drained(data);
    publish(folder, 0);
    new StopSequence(data).run(folder, new RefusingSink("no catalog nowhere"));
    assertEquals(List.of(), data.listServers());
    assertEquals(List.of(), data.listGone());
  }

  @Test
  void aServerThatTookSomething_waitsForItsTarget() throws Exception {
    DataFolder data = new DataFolder(temp);
    data.create();
    ServerFolder folder = drained(data);
    publish(folder, 1);
    StopSequence sequence = new StopSequence(data);
    assertThrows(
        SinkException.class, () -> sequence.run(folder, new RefusingSink("no catalog nowhere")));
    assertFalse(data.listGone().isEmpty());
    assertTrue(data.listServers().isEmpty());
  }
}
