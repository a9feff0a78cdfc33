package io.duckspool.common.otlp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;

/** Random requests through the parser, and through the generated classes and the oracle. */
class OtlpDifferentialTest {

  private final OtlpParser parser = new OtlpParser(OtlpLimits.DEFAULT);

  @Property(tries = 10_000, shrinking = ShrinkingMode.OFF)
  void validRequests_giveTheOraclesRows_inProtobufAndJson(@ForAll Signal signal, @ForAll long seed)
      throws Exception {
    Random random = new Random(seed);
    Message request = new RandomOtlp(random).request(signal);
    List<OtlpRow> expected = OtlpOracle.rows(request);

    byte[] protobuf = request.toByteArray();
    assertEquals(expected, rows(signal, PayloadFormat.PROTOBUF, protobuf));
    byte[] shuffled = WireShuffle.shuffle(request, random);
    List<OtlpRow> ofShuffled = OtlpOracle.rows(OtlpOracle.parse(signal, shuffled));
    assertEquals(ofShuffled, rows(signal, PayloadFormat.PROTOBUF, shuffled));
    byte[] json = utf8(OtlpJson.anyStyle(random).write(request));
    assertEquals(expected, rows(signal, PayloadFormat.JSON, json));
    byte[] line = utf8(OtlpJson.PLAIN.write(request) + "\r\n");
    assertEquals(expected, rows(signal, PayloadFormat.NDJSON, line));
  }

  @Property(tries = 2_000, shrinking = ShrinkingMode.OFF)
  void protobufsOwnJson_givesTheSameRows_thoughItsIdsAreBase64(
      @ForAll Signal signal, @ForAll long seed) throws Exception {
    Message request = new RandomOtlp(new Random(seed)).request(signal);
    JsonFormat.Printer printer = JsonFormat.printer().omittingInsignificantWhitespace();
    assertEquals(
        OtlpOracle.rows(request), rows(signal, PayloadFormat.JSON, utf8(printer.print(request))));
    assertEquals(
        OtlpOracle.rows(request),
        rows(
            signal,
            PayloadFormat.JSON,
            utf8(printer.preservingProtoFieldNames().printingEnumsAsInts().print(request))));
  }

  @Property(tries = 20_000, shrinking = ShrinkingMode.OFF)
  void damagedRequests_areAcceptedAndRead_justAsByTheGeneratedClasses(
      @ForAll Signal signal, @ForAll long seed) throws Exception {
    Random random = new Random(seed);
    byte[] bytes = damage(new RandomOtlp(random).request(signal).toByteArray(), random);
    List<OtlpRow> expected;
    try {
      expected = OtlpOracle.rows(OtlpOracle.parse(signal, bytes));
    } catch (InvalidProtocolBufferException | OtlpOracle.Refused e) {
      assertThrows(MalformedOtlpException.class, () -> count(signal, bytes));
      assertThrows(MalformedOtlpException.class, () -> rows(signal, PayloadFormat.PROTOBUF, bytes));
      return;
    }
    assertEquals(expected, rows(signal, PayloadFormat.PROTOBUF, bytes));
  }

  /** Rows of what must be accepted; counting must agree. */
  private List<OtlpRow> rows(Signal signal, PayloadFormat format, byte[] bytes)
      throws MalformedOtlpException, OtlpTooLargeException {
    RowCollector collector = new RowCollector();
    byte[] framed = new byte[bytes.length + 9];
    Arrays.fill(framed, (byte) 0xFF);
    System.arraycopy(bytes, 0, framed, 5, bytes.length);
    OtlpCounts counts = parser.parse(signal, format, framed, 5, bytes.length, collector);
    OtlpCounts counted =
        parser.parse(signal, format, framed, 5, bytes.length, OtlpVisitor.COUNTING);
    assertEquals(counts, counted);
    assertEquals(collector.rows().size(), counted.rows());
    for (OtlpTable table : OtlpTable.values()) {
      long ofTable = collector.rows().stream().filter(row -> row.table() == table).count();
      assertEquals(ofTable, counted.rows(table));
    }
    return collector.rows();
  }

  private void count(Signal signal, byte[] bytes)
      throws MalformedOtlpException, OtlpTooLargeException {
    parser.parse(signal, PayloadFormat.PROTOBUF, bytes, 0, bytes.length, OtlpVisitor.COUNTING);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Flips, cuts, doubles and overwrites here and there. */
  private static byte[] damage(byte[] valid, Random random) {
    byte[] bytes = valid.clone();
    int times = 1 + random.nextInt(3);
    for (int i = 0; i < times && bytes.length > 0; i++) {
      int at = random.nextInt(bytes.length);
      switch (random.nextInt(5)) {
        case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> bytes[at] = (byte) random.nextInt(256);
        case 2 -> bytes = Arrays.copyOf(bytes, at);
        case 3 -> {
          ByteArrayOutputStream doubled = new ByteArrayOutputStream();
          doubled.write(bytes, 0, at);
          doubled.write(bytes, at, Math.min(bytes.length - at, random.nextInt(20)));
          doubled.write(bytes, at, bytes.length - at);
          bytes = doubled.toByteArray();
        }
        default -> bytes[at] = (byte) (random.nextInt(16) << 3 | random.nextInt(8));
      }
    }
    return bytes;
  }
}
