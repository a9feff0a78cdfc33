package io.duckspool.common.server;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.duckspool.common.admin.ListenUri;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataFolderTest {

  @TempDir Path folder;

  @Test
  void listServers_namesFoldersThatHoldAServerFile_andNoneOnItsWayOut() throws Exception {
    DataFolder data = new DataFolder(folder.resolve("data"));
    assertEquals(List.of(), data.listServers());
    data.create();
    ServerFolder kept = data.server(ListenUri.parse("otlp:localhost"));
    ServerFolder gone = data.gone("0011");
    for (ServerFolder server : List.of(kept, gone)) {
      AtomicFile.createFolder(server.path());
      AtomicFile.replace(server.serverFile(), new byte[] {'{', '}'});
    }
    AtomicFile.createFolder(data.server(ListenUri.parse("otlp:localhost:1")).path());
    assertEquals(List.of(kept), data.listServers());
    assertEquals(List.of(gone), data.listGone());
    assertEquals("localhost_4318", kept.name());
    assertEquals(
        "rwx------",
        java.nio.file.attribute.PosixFilePermissions.toString(
            Files.getPosixFilePermissions(data.root())));
  }
}
