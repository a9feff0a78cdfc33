package io.duckspool.deploy.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import io.duckspool.common.otlp.ContentCoding;
import io.duckspool.common.otlp.PayloadFormat;
import io.duckspool.common.otlp.Signal;
import io.duckspool.spool.EntryCodec;
import io.duckspool.spool.EntryMeta;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolPosition;
import io.duckspool.writer.quarantine.DamagedRange;
import io.duckspool.writer.quarantine.QuarantineNote;
import io.duckspool.writer.quarantine.QuarantineNote.Kind;
import io.duckspool.writer.quarantine.QuarantineReason;
import io.duckspool.writer.quarantine.QuarantineStore;
import io.opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.logs.v1.LogRecord;
import io.opentelemetry.proto.logs.v1.ResourceLogs;
import io.opentelemetry.proto.logs.v1.ScopeLogs;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** {@code quarantine list, show, export}, of what a stopped server left, with nobody running. */
final class QuarantineCommandsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String SPOOL = "00112233445566778899aabbccddeeff";
  private static final String RANGES =
      "[{\"segment_file\":\"20840129-0001.cq4\",\"first_byte\":4096,\"next_byte\":8192},"
          + "{\"segment_file\":\"20840129-0002.cq4\",\"first_byte\":0,\"next_byte\":0}]";

  @TempDir Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private QuarantineStore store;

  @BeforeEach
  void openQuarantine() throws IOException {
    store = QuarantineStore.open(kept());
  }

  @Test
  void list_showsWhatIsThere_corruptFilesToo() throws IOException {
    put(7, Signal.LOGS, PayloadFormat.PROTOBUF, ContentCoding.GZIP, gzip(log("a")));
    putDamage(9, new byte[500]);
    put(12, Signal.LOGS, PayloadFormat.PROTOBUF, ContentCoding.IDENTITY, log("b"));
    truncate(12);
    assertEquals(0, run("list", "--json"));
    JsonNode rows = JSON.readTree(out.toString());
    assertEquals(3, rows.size());
    assertEquals(
        "{\"server\":\""
            + SPOOL
            + "\",\"first_index\":\"60000001-7\",\"next_index\":\"60000001-8\",\"kind\":\"entry\","
            + "\"reason\":\"undecodable\",\"entries\":1,\"rows\":3,\"bytes\":"
            + rows.get(0).get("bytes")
            + ",\"error\":\"byte 2: \\u001B[31mred\",\"quarantined_at\":\"2026-01-01T00:00:00Z\","
            + "\"damaged_ranges\":null}",
        rows.get(0).toString());
    assertEquals("damage", rows.get(1).get("kind").asText());
    assertEquals("damage", rows.get(1).get("reason").asText());
    assertEquals(500, rows.get(1).get("bytes").asInt());
    assertEquals(RANGES, rows.get(1).get("damaged_ranges").toString());
    assertEquals("corrupt", rows.get(2).get("kind").asText());
    assertTrue(rows.get(2).get("error").asText().contains("which says"));
    assertEquals(0, run("list", SPOOL));
    assertFalse(out.toString().contains("\u001b"), "a terminal is not steered");
    assertEquals(1, run("list", "otlp:localhost:4318"));
  }

  @Test
  void show_printsEnvelopeAndPayload_andTheBytesOfThePlaceThatTheErrorNames() throws IOException {
    put(7, Signal.LOGS, PayloadFormat.PROTOBUF, ContentCoding.GZIP, gzip(log("a\u009b")));
    JsonNode shown = show(7);
    assertEquals("gzip", shown.get("encoding").asText());
    assertEquals("undecodable", shown.get("reason").asText());
    assertEquals(
        "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":"
            + "[{\"body\":{\"stringValue\":\"a\u009b\"}}]}]}]}",
        shown.get("payload").toString());
    assertTrue(shown.get("payload_dump").get(0).asText().startsWith("00000000  0a "));
    assertFalse(out.toString().contains("\u009b"), "a terminal is not steered");
  }

  @Test
  void show_ofAPayloadThatBreaksOff_saysWhere_andPrintsWhatCameBefore() throws IOException {
    byte[] whole = log("x".repeat(1_000));
    byte[] cut = Arrays.copyOf(whole, whole.length - 10);
    put(7, Signal.LOGS, PayloadFormat.PROTOBUF, ContentCoding.IDENTITY, cut);
    JsonNode shown = show(7);
    assertEquals("{}", shown.get("payload").toString());
    assertTrue(shown.get("payload_fault").asText().startsWith("byte "), shown::toString);

    byte[] compressed = gzip(whole);
    compressed[compressed.length / 2] ^= 0x55;
    put(8, Signal.LOGS, PayloadFormat.PROTOBUF, ContentCoding.GZIP, compressed);
    JsonNode broken = show(8);
    assertTrue(broken.has("decompression_fault"), broken::toString);
    assertTrue(broken.get("received_dump").size() >= 1);
    assertTrue(broken.has("payload"));
  }

  @Test
  void show_ofAPayloadOfWhichNothingIsReadable_saysSo() throws IOException {
    put(7, Signal.LOGS, PayloadFormat.JSON, ContentCoding.IDENTITY, new byte[] {'x'});
    JsonNode garbage = show(7);
    assertTrue(garbage.get("payload").isNull(), garbage::toString);
    assertTrue(garbage.has("payload_fault"), garbage::toString);
    byte[] compressed = gzip(new byte[] {'{', '}'});
    compressed[0] ^= 0x55;
    put(8, Signal.LOGS, PayloadFormat.JSON, ContentCoding.GZIP, compressed);
    JsonNode nothing = show(8);
    assertTrue(nothing.get("payload").isNull(), nothing::toString);
    assertTrue(nothing.has("decompression_fault"), nothing::toString);
  }

  @Test
  void show_ofDamage_andOfACorruptFile_isABoundedDump() throws IOException {
    putDamage(9, new byte[100_000]);
    JsonNode damage = show(9);
    assertEquals(HexDump.MAX_BYTES / 16, damage.get("content_dump").size());
    assertEquals(100_000, damage.get("content_bytes").asInt());
    assertEquals(RANGES, damage.get("damaged_ranges").toString());
    put(12, Signal.LOGS, PayloadFormat.PROTOBUF, ContentCoding.IDENTITY, log("b"));
    truncate(12);
    JsonNode corrupt = show(12);
    assertTrue(corrupt.has("file_fault"));
    assertFalse(corrupt.has("damaged_ranges"));
    assertTrue(corrupt.has("content_fault"));
    assertEquals(1, run("show", "60000001-99"));
    assertEquals(2, run("show", "sixty"));
  }

  @Test
  void export_givesLinesOfEachSignal_andNamesWhatHasNone() throws IOException {
    put(7, Signal.LOGS, PayloadFormat.PROTOBUF, ContentCoding.GZIP, gzip(log("a")));
    put(8, Signal.TRACES, PayloadFormat.PROTOBUF, ContentCoding.IDENTITY, span());
    put(9, Signal.LOGS, PayloadFormat.PROTOBUF, ContentCoding.IDENTITY, new byte[] {1, 2});
    putDamage(10, new byte[50]);
    String json = "{\"resourceLogs\": [\r\n]}";
    put(
        13,
        Signal.LOGS,
        PayloadFormat.JSON,
        ContentCoding.IDENTITY,
        json.getBytes(StandardCharsets.UTF_8));
    Path output = folder.resolve("out");
    assertEquals(1, run("export", "--output", output.toString()));
    assertEquals(
        "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"body\":{\"stringValue\":\"a\"}}]}]}]}\n"
            + "{\"resourceLogs\": [  ]}\n",
        Files.readString(output.resolve("logs.ndjson")));
    assertEquals(
        "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"traceId\":\""
            + "01".repeat(16)
            + "\"}]}]}]}\n",
        Files.readString(output.resolve("traces.ndjson")));
    assertTrue(err.toString().contains("60000001-9: byte "), err::toString);
    assertTrue(err.toString().contains("60000001-10: it is damage"), err::toString);
    assertTrue(err.toString().contains("exported 3 entries with 9 rows; 2 could not"));
    assertEquals(
        "rw-------",
        PosixFilePermissions.toString(
            Files.getPosixFilePermissions(output.resolve("logs.ndjson"))));
    assertEquals(1, run("export", "--output", output.toString()));
    assertTrue(err.toString().contains("is there already"), err::toString);

    Path file = folder.resolve("some.ndjson");
    assertEquals(
        0, run("export", "--signal", "logs", "--to", "60000001-8", "--output", file.toString()));
    assertEquals(1, Files.readAllLines(file).size());
    assertEquals(2, run("export"));
    assertEquals(2, run("export", "--format", "xml", "--output", output.toString()));
  }

  @Test
  void export_ofSeveral_saysHowToNameOne() throws IOException {
    put(7, Signal.LOGS, PayloadFormat.PROTOBUF, ContentCoding.IDENTITY, log("a"));
    String other = "cd".repeat(16);
    Files.createDirectories(kept().resolveSibling(other));
    String output = folder.resolve("some").toString();
    assertEquals(2, run("export", "--output", output));
    assertTrue(err.toString().contains("name one as SERVER: "), err::toString);
    assertEquals(0, run("export", SPOOL, "--output", output));
  }

  @Test
  void export_raw_givesEachPayloadAsItWasReceived_damageAndCorruptFilesToo() throws IOException {
    byte[] compressed = gzip(log("a"));
    put(7, Signal.LOGS, PayloadFormat.PROTOBUF, ContentCoding.GZIP, compressed);
    put(9, Signal.LOGS, PayloadFormat.PROTOBUF, ContentCoding.IDENTITY, new byte[] {1, 2});
    putDamage(10, new byte[50]);
    put(14, Signal.LOGS, PayloadFormat.PROTOBUF, ContentCoding.IDENTITY, log("b"));
    truncate(14);
    Path output = folder.resolve("raw");
    assertEquals(0, run("export", SPOOL, "--format", "raw", "--output", output.toString()));
    assertArrayEquals(
        compressed, Files.readAllBytes(output.resolve("60000001-7.logs.protobuf.gzip")));
    assertArrayEquals(
        new byte[] {1, 2}, Files.readAllBytes(output.resolve("60000001-9.logs.protobuf")));
    assertEquals(50, Files.size(output.resolve("60000001-10.damage")));
    assertTrue(Files.exists(output.resolve("60000001-14.corrupt")));
    List<String> manifest = Files.readAllLines(output.resolve("manifest.ndjson"));
    assertEquals(4, manifest.size());
    JsonNode first = JSON.readTree(manifest.get(0));
    assertEquals("60000001-7.logs.protobuf.gzip", first.get("file").asText());
    assertEquals(3, first.get("rows").asInt());
    assertEquals("undecodable", first.get("reason").asText());
    assertFalse(first.has("damaged_ranges"));
    assertEquals(RANGES, JSON.readTree(manifest.get(2)).get("damaged_ranges").toString());
    assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(output)));
  }

  @ParameterizedTest
  @CsvSource({
    "'', '', 7 8 9",
    "60000001-8, '', 8 9",
    "60000001-9, '', 9",
    "60000001-10, '', ''",
    "60000000-9, '', 7 8 9",
    "60000002-0, '', ''",
    "'', 60000001-9, 7 8",
    "'', 60000001-7, ''",
    "'', 60000002-0, 7 8 9",
    "60000001-8, 60000001-9, 8",
    "60000001-8, 60000001-8, ''"
  })
  void export_givesTheEntriesOfTheRange_theFirstOneToo_andNotTheLast(
      String from, String to, String wanted) throws IOException {
    for (long sequence : new long[] {7, 8, 9}) {
      byte[] payload = log("<" + sequence + ">");
      put(sequence, Signal.LOGS, PayloadFormat.PROTOBUF, ContentCoding.IDENTITY, payload);
    }
    List<String> range = new ArrayList<>();
    range.addAll(from.isEmpty() ? List.of() : List.of("--from", from));
    range.addAll(to.isEmpty() ? List.of() : List.of("--to", to));
    List<String> sequences = Stream.of(wanted.split(" ")).filter(s -> !s.isEmpty()).toList();
    assertEquals(
        sequences.stream().map("60000001-%s.logs.protobuf"::formatted).collect(Collectors.toSet()),
        exportedRaw(range.toArray(String[]::new)));
    Path lines = folder.resolve("lines");
    range.addAll(List.of("--signal", "logs", "--output", lines.toString()));
    assertEquals(0, run("export", range.toArray(String[]::new)), err::toString);
    assertEquals(
        sequences,
        Files.readAllLines(lines).stream()
            .map(line -> line.substring(line.indexOf('<') + 1, line.indexOf('>')))
            .toList());
    assertTrue(
        err.toString().startsWith("exported %d entries with".formatted(sequences.size())),
        err::toString);
  }

  @Test
  void export_givesDamageThatReachesIntoTheRange() throws IOException {
    putDamage(10, new byte[50]); // Of 10, 11 and 12.
    for (String[] range :
        new String[][] {
          {"--from", "60000001-12"},
          {"--from", "60000001-10", "--to", "60000001-11"},
          {"--from", "60000001-11", "--to", "60000001-12"},
          {"--to", "60000001-11"}
        }) {
      assertEquals(Set.of("60000001-10.damage"), exportedRaw(range), () -> List.of(range) + "");
    }
    for (String[] range :
        new String[][] {
          {"--from", "60000001-13"}, {"--to", "60000001-10"}, {"--from", "60000002-0"}
        }) {
      assertEquals(Set.of(), exportedRaw(range), () -> List.of(range) + "");
    }
    assertEquals(
        1, run("export", "--from", "60000001-12", "--output", folder.resolve("json") + ""));
    assertTrue(err.toString().contains("60000001-10: it is damage"), err::toString);
  }

  /** What a raw export of a range gives, which must not fail. */
  private Set<String> exportedRaw(String... range) throws IOException {
    Path output = Files.createTempDirectory(folder, "raw");
    List<String> options =
        Stream.concat(Stream.of("--format", "raw", "--output", output.toString()), Stream.of(range))
            .toList();
    assertEquals(0, run("export", options.toArray(String[]::new)), err::toString);
    try (Stream<Path> files = Files.list(output)) {
      return files
          .map(file -> String.valueOf(file.getFileName()))
          .filter(name -> !name.equals("manifest.ndjson"))
          .collect(Collectors.toSet());
    }
  }

  private JsonNode show(long sequence) throws IOException {
    assertEquals(0, run("show", "60000001-" + sequence), err::toString);
    return JSON.readTree(out.toString());
  }

  private Path kept() {
    return folder.resolve("data").resolve("quarantine").resolve(SPOOL);
  }

  private void put(
      long sequence, Signal signal, PayloadFormat format, ContentCoding coding, byte[] payload)
      throws IOException {
    SpoolIndex index = new SpoolIndex(60_000_001, sequence);
    SpoolIndex next = new SpoolIndex(60_000_001, sequence + 1);
    byte[] array = new byte[EntryCodec.HEADER_BYTES + payload.length];
    System.arraycopy(payload, 0, array, EntryCodec.HEADER_BYTES, payload.length);
    EntryCodec.encode(
        array,
        new EntryMeta(signal.code(), format.code(), coding.code(), 3, 1, 2, 3),
        new SpoolPosition(next, sequence, 3 * sequence, 1_000_000),
        payload.length,
        EntryCodec.crcOf(ByteBuffer.wrap(payload)));
    store.put(
        new QuarantineNote(
            Kind.ENTRY,
            index,
            next,
            1,
            3,
            QuarantineReason.UNDECODABLE,
            "byte 2: \u001b[31mred",
            "2026-01-01T00:00:00Z"),
        ByteBuffer.wrap(array));
  }

  private void putDamage(long sequence, byte[] bytes) throws IOException {
    store.put(
        new QuarantineNote(
            Kind.DAMAGE,
            new SpoolIndex(60_000_001, sequence),
            new SpoolIndex(60_000_001, sequence + 3),
            3,
            40,
            QuarantineReason.DAMAGE,
            List.of(
                new DamagedRange("20840129-0001.cq4", 4096, 8192),
                new DamagedRange("20840129-0002.cq4", 0, 0)),
            "the segment is damaged",
            "2026-01-01T00:00:00Z"),
        ByteBuffer.wrap(bytes));
  }

  private void truncate(long sequence) throws IOException {
    Path file = kept().resolve("60000001-" + sequence + ".quarantined");
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, bytes.length - 5));
  }

  private static byte[] log(String body) {
    return ExportLogsServiceRequest.newBuilder()
        .addResourceLogs(
            ResourceLogs.newBuilder()
                .addScopeLogs(
                    ScopeLogs.newBuilder()
                        .addLogRecords(
                            LogRecord.newBuilder()
                                .setBody(AnyValue.newBuilder().setStringValue(body)))))
        .build()
        .toByteArray();
  }

  private static byte[] span() {
    byte[] id = new byte[16];
    Arrays.fill(id, (byte) 1);
    return ExportTraceServiceRequest.newBuilder()
        .addResourceSpans(
            ResourceSpans.newBuilder()
                .addScopeSpans(
                    ScopeSpans.newBuilder()
                        .addSpans(Span.newBuilder().setTraceId(ByteString.copyFrom(id)))))
        .build()
        .toByteArray();
  }

  private static byte[] gzip(byte[] bytes) throws IOException {
    ByteArrayOutputStream compressed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(compressed)) {
      gzip.write(bytes);
    }
    return compressed.toByteArray();
  }

  private int run(String command, String... arguments) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    CommandLine commandLine = DuckspoolCommand.commandLine();
    commandLine.setOut(new PrintWriter(out, true));
    commandLine.setErr(new PrintWriter(err, true));
    String[] all = new String[4 + arguments.length];
    all[0] = "quarantine";
    all[1] = command;
    all[2] = "--data";
    all[3] = folder.resolve("data").toString();
    System.arraycopy(arguments, 0, all, 4, arguments.length);
    return commandLine.execute(all);
  }
}
