package io.duckspool.common.otlp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.util.List;

/** Parses in both modes and insists that they agree. */
final class OtlpParserAssert {

  private final OtlpParser parser;

  OtlpParserAssert(OtlpLimits limits) {
    this.parser = new OtlpParser(limits);
  }

  List<OtlpRow> accepts(Signal signal, PayloadFormat format, byte[] bytes)
      throws MalformedOtlpException, OtlpTooLargeException {
    RowCollector collector = new RowCollector();
    OtlpCounts counts = parser.parse(signal, format, bytes, 0, bytes.length, collector);
    assertEquals(
        counts, parser.parse(signal, format, bytes, 0, bytes.length, OtlpVisitor.COUNTING));
    assertEquals(collector.rows().size(), counts.rows());
    return collector.rows();
  }

  List<OtlpRow> accepts(Signal signal, String json)
      throws MalformedOtlpException, OtlpTooLargeException {
    return accepts(signal, PayloadFormat.JSON, json.getBytes(StandardCharsets.UTF_8));
  }

  /** Both modes must refuse it with the same message, which is returned. */
  <E extends Exception> String refuses(
      Class<E> with, Signal signal, PayloadFormat format, byte[] bytes) {
    E counting =
        assertThrows(
            with, () -> parser.parse(signal, format, bytes, 0, bytes.length, OtlpVisitor.COUNTING));
    E building =
        assertThrows(
            with, () -> parser.parse(signal, format, bytes, 0, bytes.length, new RowCollector()));
    assertEquals(counting.getMessage(), building.getMessage());
    return counting.getMessage();
  }

  String refuses(Signal signal, PayloadFormat format, byte[] bytes) {
    return refuses(MalformedOtlpException.class, signal, format, bytes);
  }

  String refuses(Signal signal, String json) {
    return refuses(signal, PayloadFormat.JSON, json.getBytes(StandardCharsets.UTF_8));
  }
}
