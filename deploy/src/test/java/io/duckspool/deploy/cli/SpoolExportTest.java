package io.duckspool.deploy.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.otlp.ContentCoding;
import io.duckspool.common.otlp.PayloadFormat;
import io.duckspool.common.otlp.Signal;
import io.duckspool.common.server.DataFolder;
import io.duckspool.spool.AppendListener;
import io.duckspool.spool.EntryMeta;
import io.duckspool.spool.Spool;
import io.duckspool.spool.SpoolException;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolOptions;
import io.duckspool.spool.chronicle.ChronicleSpoolStore;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** An export of a journal says when it is not all there was, wherever the damage is. */
final class SpoolExportTest {
  private static final List<String> NAMES = List.of("first", "middle", "last");

  private final StringWriter err = new StringWriter();

  @TempDir Path folder;
  private Path server;

  @BeforeEach
  void appendThree() throws Exception {
    DataFolder data = new DataFolder(folder.resolve("data"));
    data.create();
    server = Files.createDirectory(data.servers().resolve("localhost_4318"));
    Files.writeString(server.resolve("server.json"), "{}");
    ChronicleSpoolStore store = new ChronicleSpoolStore(InstantSource.system(), System::nanoTime);
    SpoolOptions options = SpoolOptions.defaults(1 << 20).withDiskReserveBytes(0);
    try (Spool spool =
        store.openForAppend(server, "0".repeat(31) + "1", "0".repeat(31) + "2", options)) {
      for (String name : NAMES) {
        append(spool, json(name));
      }
    }
  }

  @Test
  void aWholeJournal_isExported() throws IOException {
    assertEquals(0, export(), err::toString);
    assertEquals(NAMES.stream().map(SpoolExportTest::json).toList(), exported());
  }

  @Test
  void damage_isNamed_andTheExitCodeIs1_whereverItIs() throws IOException {
    byte[] whole = Files.readAllBytes(segment());
    for (String name : NAMES) {
      damage(whole, name);
      assertEquals(1, export(), () -> name + ": " + err);
      assertTrue(err.toString().contains("1 entries with 1 rows can't be read"), err::toString);
      assertEquals(
          NAMES.stream().filter(other -> !other.equals(name)).map(SpoolExportTest::json).toList(),
          exported());
      Files.delete(folder.resolve("out.ndjson"));
    }
    // Damage outside of what is exported, too: nobody may take it for all.
    damage(whole, "last");
    assertEquals(1, export("--to", "1-0"), err::toString);
  }

  @Test
  void anOutputThatIsFull_isNoSuccess() throws Exception {
    Process process =
        new ProcessBuilder(
                "sh",
                "-c",
                "\"$0\" -cp \"$1\" io.duckspool.deploy.Main spool export --signal logs --data \"$2\""
                    + " > /dev/full",
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                System.getProperty("java.class.path"),
                folder.resolve("data").toString())
            .redirectErrorStream(false)
            .start();
    String said = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(1, process.waitFor(), said);
    assertTrue(said.contains("the export is not whole"), said);
  }

  private static String json(String name) {
    return "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"body\":{\"stringValue\":\""
        + name
        + "\"}}]}]}]}";
  }

  private static void append(Spool spool, String payload) throws Exception {
    EntryMeta meta =
        new EntryMeta(
            Signal.LOGS.code(),
            PayloadFormat.JSON.code(),
            ContentCoding.IDENTITY.code(),
            1,
            1,
            2,
            3);
    CompletableFuture<SpoolIndex> durable = new CompletableFuture<>();
    spool.append(
        meta,
        ByteBuffer.wrap(payload.getBytes(StandardCharsets.UTF_8)),
        new AppendListener() {
          @Override
          public void onDurable(SpoolIndex index) {
            durable.complete(index);
          }

          @Override
          public void onFailed(SpoolIndex index, SpoolException failure) {
            durable.completeExceptionally(failure);
          }
        });
    durable.join();
  }

  private Path segment() throws IOException {
    try (Stream<Path> files = Files.list(server.resolve("spool"))) {
      return files.filter(file -> file.toString().endsWith(".cq4")).findFirst().orElseThrow();
    }
  }

  private void damage(byte[] whole, String name) throws IOException {
    byte[] bytes = whole.clone();
    int at = new String(bytes, StandardCharsets.ISO_8859_1).indexOf('"' + name + '"');
    bytes[at + 1] ^= 1;
    Files.write(segment(), bytes);
  }

  private List<String> exported() throws IOException {
    return Files.readAllLines(folder.resolve("out.ndjson"));
  }

  private int export(String... more) {
    err.getBuffer().setLength(0);
    CommandLine commandLine = DuckspoolCommand.commandLine();
    commandLine.setErr(new PrintWriter(err, true));
    List<String> all =
        Stream.concat(
                Stream.of(
                    "spool",
                    "export",
                    "--data",
                    folder.resolve("data").toString(),
                    "--signal",
                    "logs",
                    "--output",
                    folder.resolve("out.ndjson").toString()),
                Stream.of(more))
            .toList();
    return commandLine.execute(all.toArray(String[]::new));
  }
}
