package io.duckspool.writer.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.duckspool.common.admin.ListenUri;
import io.duckspool.common.server.DataFolder;
import io.duckspool.common.server.ServerFolder;
import io.duckspool.spool.SpoolIndex;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BlamelessEndTest {

  private static final SpoolIndex FIRST = new SpoolIndex(60_000_001, 5);

  @TempDir Path temp;
  private DataFolder data;
  private Path attempts;

  @BeforeEach
  void makeServers() throws IOException {
    data = new DataFolder(temp);
    data.create();
    attempts = makeServer(4318).attemptsNote();
  }

  private ServerFolder makeServer(int port) throws IOException {
    ServerFolder server = data.server(new ListenUri("localhost", port));
    Files.createDirectories(server.path());
    Files.writeString(server.serverFile(), "{}");
    return server;
  }

  @Test
  void aBatchInHand_doesNotCountAsTried() throws IOException {
    for (int end = 0; end < 10; end++) {
      endWithABatchInHand();
      BlamelessEnd.note(data, "DuckDB failed fatally");
      BlamelessEnd.settle(data);
      try (DeathWatch watch = start()) {
        assertEquals(Long.MAX_VALUE, watch.maxEntries(), "after " + end);
        assertFalse(watch.condemns(FIRST), "after " + end);
      }
    }
  }

  @Test
  void deathsBeforeIt_stillCount_andItTakesOffOneAlone() throws IOException {
    endWithABatchInHand();
    endWithABatchInHand();
    endWithABatchInHand();
    BlamelessEnd.note(data, "DuckDB failed fatally");
    BlamelessEnd.settle(data);
    assertFalse(Files.exists(data.endNote()));
    BlamelessEnd.settle(data);
    endWithABatchInHand();
    try (DeathWatch watch = start()) {
      assertEquals(1, watch.maxEntries());
    }
  }

  @Test
  void serversWithoutABatchInHand_areLeftAsTheyAre() throws IOException {
    try (DeathWatch watch = start()) {
      watch.begin(FIRST);
      watch.survived();
    }
    byte[] before = Files.readAllBytes(attempts);
    ServerFolder unused = makeServer(4319);
    BlamelessEnd.note(data, "DuckDB failed fatally");
    BlamelessEnd.settle(data);
    assertEquals(new String(before, StandardCharsets.US_ASCII), Files.readString(attempts));
    assertFalse(Files.exists(unused.attemptsNote()));
  }

  private void endWithABatchInHand() throws IOException {
    try (DeathWatch watch = start()) {
      watch.begin(FIRST);
    }
  }

  private DeathWatch start() throws IOException {
    return new DeathWatch(AttemptsNote.open(attempts), 100);
  }
}
