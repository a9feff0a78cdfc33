package io.duckspool.deploy.cli;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.otlp.ContentCoding;
import io.duckspool.common.otlp.PayloadFormat;
import io.duckspool.common.otlp.Signal;
import io.duckspool.common.server.DataFolder;
import io.duckspool.spool.AppendListener;
import io.duckspool.spool.EntryCodec;
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
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** An export of a journal says when it is not all there was, wherever the damage is. */
final class SpoolExportTest {
  private static final List<String> NAMES = List.of("first", "middle", "last");

  /** What each envelope begins with. */
  private static final String MAGIC = "DSP1";

  private final StringWriter err = new StringWriter();

  @TempDir Path folder;
  private Path server;

  @BeforeEach
  void appendThree() throws Exception {
    DataFolder data = new DataFolder(folder.resolve("data"));
    data.create();
    server = Files.createDirectory(data.servers().resolve("localhost_4318"));
    Files.writeString(server.resolve("server.json"), "{}");
    appendSegment();
  }

  private void appendSegment() throws Exception {
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
  void aRange_beginsWithFrom_andEndsBeforeTo() throws Exception {
    appendSegment();
    String first = index(0, 0).replace("-0", "");
    String second = index(1, 0).replace("-0", "");
    List<String> all = new ArrayList<>();
    for (String segment : List.of(first, second)) {
      IntStream.rangeClosed(1, NAMES.size()).forEach(i -> all.add(segment + "-" + i));
    }
    assertRange(all);
    assertRange(all, "--from", "0-0");
    assertRange(all, "--from", first + "-1");
    assertRange(all.subList(1, 6), "--from", first + "-2");
    assertRange(all.subList(3, 6), "--from", first + "-4");
    assertRange(all.subList(3, 6), "--from", second + "-0");
    assertRange(all.subList(4, 6), "--from", second + "-2");
    assertRange(List.of(), "--from", second + "-4");
    assertRange(all, "--to", second + "-4");
    assertRange(all.subList(0, 5), "--to", second + "-3");
    assertRange(all.subList(0, 3), "--to", second + "-1");
    assertRange(all.subList(0, 1), "--to", first + "-2");
    assertRange(List.of(), "--to", first + "-1");
    assertRange(all.subList(2, 4), "--from", first + "-3", "--to", second + "-2");
    assertRange(all.subList(1, 2), "--from", first + "-2", "--to", first + "-3");
    assertRange(List.of(), "--from", first + "-2", "--to", first + "-2");
  }

  /** An export of a range, in either form, gives these entries and no failure. */
  private void assertRange(List<String> indices, String... range) throws IOException {
    Path raw = Files.createTempDirectory(folder, "raw");
    assertEquals(0, exportRaw(raw, range), err::toString);
    Set<String> files = new TreeSet<>(Set.of("manifest.ndjson"));
    indices.forEach(index -> files.add(index + ".logs.json"));
    assertEquals(files, names(raw), () -> "range: " + List.of(range));
    assertEquals(0, export(range), err::toString);
    assertEquals(
        indices.stream()
            .map(index -> json(NAMES.get(Integer.parseInt(index.split("-")[1]) - 1)))
            .toList(),
        exported(),
        () -> "range: " + List.of(range));
    assertTrue(err.toString().startsWith("exported " + indices.size()), err::toString);
    Files.delete(folder.resolve("out.ndjson"));
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
  void raw_givesTheBytesOfDamage_andNamesIt() throws IOException {
    byte[] whole = Files.readAllBytes(segment());
    for (int i = 0; i < NAMES.size(); i++) {
      damage(whole, NAMES.get(i));
      Path raw = folder.resolve(NAMES.get(i));
      assertEquals(0, exportRaw(raw), err::toString);
      assertTrue(err.toString().contains("1 entries with 1 rows can't be read; the bytes are in "));
      assertTrue(err.toString().contains("2 entries with 2 rows, and the bytes of 1 damaged"));
      String damaged = index(i + 1) + ".damage";
      TreeSet<String> files = new TreeSet<>(Set.of("manifest.ndjson", damaged));
      for (int other = 0; other < NAMES.size(); other++) {
        if (other != i) {
          files.add(index(other + 1) + ".logs.json");
        }
      }
      assertEquals(files, names(raw));
      String bytes = Files.readString(raw.resolve(damaged), StandardCharsets.ISO_8859_1);
      assertTrue(bytes.contains(json(flipped(NAMES.get(i)))), bytes);
      assertEquals(EntryCodec.MAGIC, ByteBuffer.wrap(bytes(bytes)).order(LITTLE_ENDIAN).getInt(4));
      assertTrue(bytes.length() < 300, "nothing that is readable, and no zeros at the end");
      int at = new String(whole, StandardCharsets.ISO_8859_1).indexOf(json(NAMES.get(i)));
      at -= bytes.indexOf(json(flipped(NAMES.get(i))));
      assertEquals(
          List.of(
              ("{\"file\":\"%s\",\"bytes\":%d,\"kind\":\"damage\",\"first_index\":\"%s\","
                      + "\"next_index\":\"%s\",\"entries\":1,\"rows\":1,\"damaged_ranges\":["
                      + "{\"segment_file\":\"%s\",\"first_byte\":%d,\"next_byte\":%d}]}")
                  .formatted(
                      damaged,
                      bytes.length(),
                      index(i + 1),
                      index(i + 2),
                      segment().getFileName(),
                      at,
                      at + bytes.length())),
          Files.readAllLines(raw.resolve("manifest.ndjson")).stream()
              .filter(line -> line.contains("damage"))
              .toList());
    }
  }

  @Test
  void raw_givesADamagedHeader_byWhichNoEntryIsLost() throws IOException {
    byte[] bytes = Files.readAllBytes(segment());
    bytes[new String(bytes, StandardCharsets.ISO_8859_1).indexOf(MAGIC)] ^= 1;
    Files.write(segment(), bytes);
    Path raw = folder.resolve("raw");
    assertEquals(0, exportRaw(raw), err::toString);
    assertTrue(err.toString().contains("3 entries with 3 rows, and the bytes of 1 damaged"));
    assertTrue(Files.exists(raw.resolve(index(0) + ".damage")), err::toString);
  }

  @Test
  void raw_failsForDamageThatItDoesNotGive() throws Exception {
    damage(Files.readAllBytes(segment()), "middle");
    String[][] ranges = {
      {"--to", index(2)}, {"--from", index(3)}, {"--signal", "logs"}, {"--to", "1-0"}
    };
    for (int i = 0; i < ranges.length; i++) {
      Path raw = folder.resolve("raw" + i);
      assertEquals(1, exportRaw(raw, ranges[i]), err::toString);
      assertTrue(err.toString().contains("; 1 could not be exported"), err::toString);
      assertFalse(names(raw).contains(index(2) + ".damage"));
    }
    Path raw = folder.resolve("raw");
    assertEquals(0, exportRaw(raw, "--from", index(2), "--to", index(3)), err::toString);
    assertEquals(Set.of("manifest.ndjson", index(2) + ".damage"), names(raw));
  }

  @Test
  void raw_failsForASegmentOfWhichNothingIsLeft() throws Exception {
    appendSegment();
    Path middle = segments().get(1);
    appendSegment();
    Files.delete(middle);
    Path raw = folder.resolve("raw");
    assertEquals(1, exportRaw(raw), err::toString);
    assertTrue(err.toString().contains("3 entries with 3 rows can't be read"), err::toString);
    assertEquals(7, names(raw).size(), "two segments and the manifest");
  }

  @Test
  void raw_givesTheBytesOfTheEndOfASegmentAndTheStartOfTheNext_inOneFile() throws Exception {
    appendSegment();
    damage(segments().get(0), Files.readAllBytes(segments().get(0)), "last");
    byte[] second = Files.readAllBytes(segments().get(1));
    second[new String(second, StandardCharsets.ISO_8859_1).indexOf(MAGIC)] ^= 1;
    damage(segments().get(1), second, "first");
    Path raw = folder.resolve("raw");
    assertEquals(0, exportRaw(raw), err::toString);
    String bytes = Files.readString(raw.resolve(index(3) + ".damage"), StandardCharsets.ISO_8859_1);
    assertTrue(bytes.contains(flipped("last")));
    assertTrue(bytes.contains(flipped("first")));
    assertFalse(bytes.contains("middle"), "nothing that is readable");
    assertTrue(err.toString().contains("2 entries with 2 rows can't be read"), err::toString);
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
    return segments().get(0);
  }

  private List<Path> segments() throws IOException {
    try (Stream<Path> files = Files.list(server.resolve("spool"))) {
      return files.filter(file -> file.toString().endsWith(".cq4")).sorted().toList();
    }
  }

  /** Of an entry of the first segment. */
  private String index(int sequence) throws IOException {
    return index(0, sequence);
  }

  private String index(int segment, int sequence) throws IOException {
    String name = String.valueOf(segments().get(segment).getFileName());
    long minute =
        LocalDateTime.parse(name, DateTimeFormatter.ofPattern("uuuuMMdd-HHmm'.cq4'"))
                .toEpochSecond(ZoneOffset.UTC)
            / 60;
    return minute + "-" + sequence;
  }

  private void damage(byte[] whole, String name) throws IOException {
    damage(segment(), whole, name);
  }

  private static void damage(Path file, byte[] whole, String name) throws IOException {
    byte[] bytes = whole.clone();
    int at = new String(bytes, StandardCharsets.ISO_8859_1).indexOf('"' + name + '"');
    bytes[at + 1] ^= 1;
    Files.write(file, bytes);
  }

  /** What damage makes of a name. */
  private static String flipped(String name) {
    return (char) (name.charAt(0) ^ 1) + name.substring(1);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static Set<String> names(Path raw) throws IOException {
    try (Stream<Path> files = Files.list(raw)) {
      return files
          .map(file -> String.valueOf(file.getFileName()))
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }

  private List<String> exported() throws IOException {
    return Files.readAllLines(folder.resolve("out.ndjson"));
  }

  private int export(String... more) {
    return export(
        Stream.concat(
            Stream.of("--signal", "logs", "--output", folder.resolve("out.ndjson").toString()),
            Stream.of(more)));
  }

  private int exportRaw(Path raw, String... more) {
    return export(
        Stream.concat(Stream.of("--format", "raw", "--output", raw.toString()), Stream.of(more)));
  }

  private int export(Stream<String> options) {
    err.getBuffer().setLength(0);
    CommandLine commandLine = DuckspoolCommand.commandLine();
    commandLine.setErr(new PrintWriter(err, true));
    Stream<String> command =
        Stream.of("spool", "export", "--data", folder.resolve("data").toString());
    return commandLine.execute(Stream.concat(command, options).toArray(String[]::new));
  }
}
