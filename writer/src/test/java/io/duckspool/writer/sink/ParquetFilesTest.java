package io.duckspool.writer.sink;

import static io.duckspool.writer.sink.SinkContract.NOW;
import static io.duckspool.writer.sink.SinkContract.RUN;
import static io.duckspool.writer.sink.SinkContract.SPOOL;
import static io.duckspool.writer.sink.SinkContract.URI;
import static io.duckspool.writer.sink.SinkContract.index;
import static io.duckspool.writer.sink.SinkContract.move;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.spool.SpoolPosition;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The small files of a Parquet root: what later versions must read, and what damage looks like. */
final class ParquetFilesTest {

  private static final ParquetLedger LEDGER =
      new ParquetLedger(
          new LedgerRow(SPOOL, URI, RUN, new SpoolPosition(index(7), 4, 50, 600), 3, NOW),
          index(5),
          "8f14e45f-ceea-467f-9575-3d5f0f4a0b1b",
          17,
          List.of("a", "b"));

  private static final SealIntent INTENT =
      SealIntent.of(
          move(7, 9),
          4,
          "8f14e45f-ceea-467f-9575-3d5f0f4a0b1c",
          List.of(
              new SealIntent.File(
                  "otlp_logs/year=2026/month=11/day=22/data_0.parquet",
                  "otlp_logs/year=2026/month=11/day=22/01234567-1-2-0.parquet",
                  1234),
              new SealIntent.File(
                  "otlp_traces/year=1970/month=01/day=01/data_0.parquet",
                  "otlp_traces/year=1970/month=01/day=01/01234567-1-2-1.parquet",
                  Long.MAX_VALUE)));

  /** Reads one kind of file, and gives what was read as it is written. */
  @FunctionalInterface
  interface Reader {
    byte[] again(byte[] bytes) throws SinkException;
  }

  private static final Map<String, Reader> READERS =
      Map.of(
          "ledger",
          bytes -> ParquetLedger.read("the file", bytes).bytes(),
          "intent",
          bytes -> SealIntent.read("the file", bytes).bytes(),
          "format",
          bytes -> {
            CheckedJson.Fields unused = CheckedJson.read("the file", bytes);
            return ParquetFormat.content();
          });

  static Stream<String> kinds() {
    return READERS.keySet().stream().sorted();
  }

  private static byte[] written(String kind) {
    return switch (kind) {
      case "ledger" -> LEDGER.bytes();
      case "intent" -> INTENT.bytes();
      default -> ParquetFormat.content();
    };
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void theGoldenFile_isRead_andWrittenAsItIs(String kind) throws Exception {
    byte[] golden = golden(kind);
    assertEquals(
        new String(golden, StandardCharsets.UTF_8),
        new String(written(kind), StandardCharsets.UTF_8));
    assertArrayEquals(golden, READERS.get(kind).again(golden));
    assertEquals(LEDGER, ParquetLedger.read("the file", golden("ledger")));
    assertEquals(INTENT, SealIntent.read("the file", golden("intent")));
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void aFileThatWasCutOff_isDamaged_whereverItEnds(String kind) throws Exception {
    byte[] golden = golden(kind);
    for (int length = 0; length < golden.length; length++) {
      assertDamaged(kind, Arrays.copyOf(golden, length));
    }
    assertDamaged(kind, new byte[golden.length]);
    assertDamaged(kind, "null".getBytes(StandardCharsets.UTF_8));
    assertDamaged(kind, "[]".getBytes(StandardCharsets.UTF_8));
    byte[] twice = Arrays.copyOf(golden, 2 * golden.length);
    System.arraycopy(golden, 0, twice, golden.length, golden.length);
    assertDamaged(kind, twice);
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void aFlippedBit_isNoticed_whereverItIs(String kind) throws Exception {
    byte[] golden = golden(kind);
    for (int bit = 0; bit < golden.length * 8; bit++) {
      byte[] flipped = golden.clone();
      flipped[bit / 8] ^= (byte) (1 << bit % 8);
      SinkException e =
          assertThrows(SinkException.Refused.class, () -> READERS.get(kind).again(flipped));
      assertTrue(e.reason().startsWith("the file is "), e.reason());
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void aNewerFile_isRefusedAsSuch(String kind) throws Exception {
    String text = new String(golden(kind), StandardCharsets.UTF_8);
    byte[] newer = text.replace("\"version\":1", "\"version\":2").getBytes(StandardCharsets.UTF_8);
    SinkException e =
        assertThrows(SinkException.Refused.class, () -> READERS.get(kind).again(newer));
    assertEquals(
        "the file is of format version 2, this writer knows 1: written by a newer duckspool,"
            + " upgrade the writer",
        e.reason());
  }

  private static void assertDamaged(String kind, byte[] bytes) {
    SinkException e =
        assertThrows(
            SinkException.Refused.class,
            () -> READERS.get(kind).again(bytes),
            () -> new String(bytes, StandardCharsets.UTF_8));
    assertTrue(e.reason().startsWith("the file is damaged ("), e.reason());
  }

  private static byte[] golden(String kind) throws IOException {
    try (InputStream in = ParquetFilesTest.class.getResourceAsStream("parquet-" + kind + ".json")) {
      return in.readAllBytes();
    }
  }
}
