package io.duckspool.common.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.admin.ListenUri;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SymbolicLinksTest {
  @TempDir Path folder;

  private DataFolder data;
  private Path elsewhere;

  @BeforeEach
  void make() throws IOException {
    data = new DataFolder(folder.resolve("data"));
    data.create();
    AtomicFile.createFolder(data.server(ListenUri.parse("otlp:localhost:1")).path());
    AtomicFile.createFolder(data.quarantine());
    elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "control.token",
        "extensions",
        "otlp.duckdb",
        "quarantine/0011",
        "receiver.lock",
        "servers/localhost_1/committed.ckpt",
        "servers/localhost_1/quarantine",
        "servers/localhost_1/server.json",
        "servers/localhost_1/spool",
        "servers/localhost_2",
        "staging",
        "stopped.json",
        "tmp",
        "writer.ended",
        "writer.lock"
      })
  void aLinkInPlaceOfAnythingOfOurs_isRefusedByName(String name) throws IOException {
    Path link = Files.createSymbolicLink(data.root().resolve(name), elsewhere);
    IOException refusal = assertThrows(IOException.class, data::create);
    assertTrue(refusal.getMessage().startsWith(link + " is a symbolic link"), refusal::getMessage);
  }

  @Test
  void aLinkThatLeadsNowhere_isRefusedToo() throws IOException {
    Path target = folder.resolve("missing");
    Files.createSymbolicLink(data.receiverLock(), target);
    assertThrows(IOException.class, data::create);
    assertThrows(
        IOException.class, () -> ProcessLock.take(data.receiverLock(), "receiver", "0011"));
    assertFalse(Files.exists(target));
  }

  @Test
  void theFoldersOfServers_mayBeMissing() throws IOException {
    Files.delete(data.quarantine());
    data.create();
    SymbolicLinks.refuse(data.root().resolve("servers/none"));
  }

  @Test
  void theDataFolderItself_andWhatIsTheOperators_mayBeLinks() throws IOException {
    Files.createSymbolicLink(data.root().resolve("lake"), elsewhere);
    Path link = Files.createSymbolicLink(folder.resolve("link"), data.root());
    new DataFolder(link).create();
  }

  @Test
  void aFileIsReplaced_neverWrittenThroughALink() throws IOException {
    Path target = Files.writeString(elsewhere.resolve("file"), "of somebody");
    Files.createSymbolicLink(folder.resolve("file.tmp"), target);
    assertThrows(
        IOException.class, () -> AtomicFile.replace(folder.resolve("file"), new byte[] {'x'}));
    assertEquals("of somebody", Files.readString(target));
  }
}
