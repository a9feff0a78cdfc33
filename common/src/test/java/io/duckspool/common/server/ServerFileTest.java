package io.duckspool.common.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.config.DataSize;
import io.duckspool.common.config.Secret;
import io.duckspool.common.config.ServerConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServerFileTest {

  private static final String SECRET = "0123456789abcdef-secret";

  @TempDir Path path;

  @Test
  void everyField_readsBackTheSame() throws Exception {
    ServerFolder folder = new ServerFolder(path);
    for (ServerState state : ServerState.values()) {
      for (ServerConfig config : List.of(full(), bare())) {
        ServerFile file = file(config).with(state);
        file.write(folder);
        assertEquals(file, ServerFile.read(folder));
      }
    }
  }

  @Test
  void read_acceptsFieldsItDoesNotKnow() throws Exception {
    ServerFolder folder = new ServerFolder(path);
    file(full()).write(folder);
    edit(folder, "{", "{\"later\":{\"x\":[1]},");
    assertEquals(file(full()), ServerFile.read(folder));
  }

  @Test
  void read_refusesANewerVersion() throws Exception {
    ServerFolder folder = new ServerFolder(path);
    file(full()).write(folder);
    edit(folder, "\"version\" : 1", "\"version\" : 2");
    String message = assertThrows(IOException.class, () -> ServerFile.read(folder)).getMessage();
    assertTrue(message.contains("newer duckspool"), message);
    assertTrue(message.contains(folder.serverFile().toString()), message);
  }

  @Test
  void read_namesTheFile_andNeverTheToken_whateverIsCutOff() throws Exception {
    ServerFolder folder = new ServerFolder(path);
    file(full()).write(folder);
    byte[] whole = Files.readAllBytes(folder.serverFile());
    for (int length = 0; length < whole.length - 1; length++) {
      Files.write(folder.serverFile(), Arrays.copyOf(whole, length));
      IOException e = assertThrows(IOException.class, () -> ServerFile.read(folder));
      assertTrue(e.getMessage().contains(folder.serverFile().toString()), e.getMessage());
      for (Throwable t = e; t != null; t = t.getCause()) {
        assertFalse(String.valueOf(t.getMessage()).contains(SECRET.substring(0, 10)));
      }
    }
    Files.write(folder.serverFile(), whole);
    edit(folder, "\"schema\"", "\"schemas\"");
    String message = assertThrows(IOException.class, () -> ServerFile.read(folder)).getMessage();
    assertTrue(message.startsWith("no field \"schema\""), message);
  }

  @Test
  void read_refusesNumbersThatNoServerCanHave() throws Exception {
    ServerFolder folder = new ServerFolder(path);
    for (String[] number :
        new String[][] {
          {"max_body_bytes", "16777216", "268435457"},
          {"http_threads", "4", "0"},
          {"http_threads", "4", "4294967297"},
          {"seal_target_bytes", "67108864", "-1"},
          {"seal_max_age_ms", "5000", "9223372036854775807"},
        }) {
      file(full()).write(folder);
      String field = "\"" + number[0] + "\" : ";
      edit(folder, field + number[1], field + number[2]);
      String message = assertThrows(IOException.class, () -> ServerFile.read(folder)).getMessage();
      assertTrue(message.startsWith("field \"" + number[0] + "\" must be in [1, "), message);
    }
  }

  @Test
  void toString_neverShowsTheToken() {
    assertFalse(file(full()).toString().contains(SECRET));
  }

  private static void edit(ServerFolder folder, String from, String to) throws IOException {
    String text = Files.readString(folder.serverFile());
    assertTrue(text.contains(from), text);
    Files.writeString(folder.serverFile(), text.replaceFirst(Pattern.quote(from), to));
  }

  private static ServerFile file(ServerConfig config) {
    return new ServerFile(
        ServerState.PREPARING,
        "00112233445566778899aabbccddeeff",
        60_000_037L << 32,
        "run-1",
        Instant.parse("2026-01-02T03:04:05.000000006Z"),
        true,
        config);
  }

  private static ServerConfig full() {
    return new ServerConfig(
        "otlp:[::1]:4318",
        Optional.of("lake"),
        "my schema",
        Optional.of(new Secret(SECRET)),
        false,
        Optional.of("/exports"),
        true,
        false,
        DataSize.ofBytes(16_777_216),
        4,
        Optional.of(DataSize.ofBytes(536_870_912)),
        DataSize.ofBytes(67_108_864),
        Duration.ofMillis(5000),
        DataSize.ofBytes(268_435_456),
        Optional.of(Duration.ofMillis(900_000)),
        List.of("k8s.pod.name", "host.name"),
        List.of("x"),
        ServerConfig.ResponseMode.OTLP);
  }

  private static ServerConfig bare() {
    return new ServerConfig(
        "otlp:localhost:4318",
        Optional.empty(),
        "main",
        Optional.empty(),
        true,
        Optional.empty(),
        false,
        true,
        DataSize.ofBytes(1),
        1,
        Optional.empty(),
        DataSize.ofBytes(1),
        Duration.ofMillis(1),
        DataSize.ofBytes(1),
        Optional.empty(),
        List.of(),
        List.of(),
        ServerConfig.ResponseMode.BUFFERED);
  }
}
