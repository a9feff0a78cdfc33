package io.duckspool.common.otlp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Message;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class OtlpLimitsTest {

  private static final int ANY = OtlpLimits.MAX_NESTING;

  @ParameterizedTest
  @EnumSource(Signal.class)
  void rows_areCountedUpToTheLimit_inEveryFormat(Signal signal) throws Exception {
    Message request = OtlpSamples.withIds(signal, "shop", Collections.nCopies(10, "id"));
    for (PayloadFormat format : PayloadFormat.values()) {
      byte[] bytes = OtlpSamples.write(request, format);
      assertEquals(10, withRows(10).accepts(signal, format, bytes).size());
      String message = withRows(9).refuses(OtlpTooLargeException.class, signal, format, bytes);
      assertTrue(message.contains("more than 9 rows"), message);
    }
  }

  @Test
  void rowsOfAllLines_count() throws Exception {
    String line = OtlpJson.PLAIN.write(OtlpSamples.withIds(Signal.LOGS, "shop", List.of("1", "2")));
    byte[] lines = (line + "\n" + line).getBytes(java.nio.charset.StandardCharsets.UTF_8);
    assertEquals(4, withRows(4).accepts(Signal.LOGS, PayloadFormat.NDJSON, lines).size());
    withRows(3).refuses(OtlpTooLargeException.class, Signal.LOGS, PayloadFormat.NDJSON, lines);
  }

  @Test
  void theTextOfResourceAndScope_countsForEachRow() throws Exception {
    // service_name 4, resource_attributes {"service.name":"shop"} 23, name 14, version 3.
    int shared = 4 + 23 + 14 + 3;
    byte[] logs =
        OtlpSamples.withIds(Signal.LOGS, "shop", Collections.nCopies(7, "x")).toByteArray();
    withText(7 * shared).accepts(Signal.LOGS, PayloadFormat.PROTOBUF, logs);
    String message =
        withText(7 * shared - 1)
            .refuses(OtlpTooLargeException.class, Signal.LOGS, PayloadFormat.PROTOBUF, logs);
    assertTrue(message.contains("more than " + (7 * shared - 1) + " bytes"), message);
  }

  @Test
  void theTextOfAMetric_countsForEachPoint() throws Exception {
    byte[] points =
        Wire.wire()
            .text(1, "n".repeat(100))
            .text(2, "d".repeat(200))
            .text(3, "u".repeat(50))
            .bytes(5, Wire.wire().bytes(1, new byte[0]).bytes(1, new byte[0]).done())
            .done();
    byte[] request = Wire.at(points, 1, 2, 2);
    int each = 350 + "unknown".length();
    withText(2 * each).accepts(Signal.METRICS, PayloadFormat.PROTOBUF, request);
    withText(2 * each - 1)
        .refuses(OtlpTooLargeException.class, Signal.METRICS, PayloadFormat.PROTOBUF, request);
  }

  @Test
  void theFixedTextOfEventsLinksAndExemplars_counts() throws Exception {
    byte[] ids = Wire.wire().bytes(1, new byte[16]).bytes(2, new byte[8]).done();
    long base = "unknown".length();
    long event = limit(Signal.TRACES, span(ids, 11, 1)) - base;
    long link = limit(Signal.TRACES, span(ids, 13, 1)) - base;
    assertEquals(base + 5 * event, limit(Signal.TRACES, span(ids, 11, 5)));
    assertEquals(base + 5 * link, limit(Signal.TRACES, span(ids, 13, 5)));
    String eventsJson = column(Signal.TRACES, span(ids, 11, 3), "events_json");
    assertEquals(eventsJson.length() - 1, 3 * event);
    String linksJson = column(Signal.TRACES, span(ids, 13, 3), "links_json");
    assertEquals(linksJson.length() - 1, 3 * link);
    Wire point = Wire.wire();
    for (int i = 0; i < 3; i++) {
      point.bytes(5, new byte[0]);
    }
    byte[] exemplars = Wire.at(point.done(), 1, 2, 2, 5, 1);
    String exemplarsJson = column(Signal.METRICS, exemplars, "exemplars_json");
    assertEquals(base + exemplarsJson.length() - 1, limit(Signal.METRICS, exemplars));
  }

  private static byte[] span(byte[] ids, int field, int count) {
    Wire span = Wire.wire();
    for (byte b : ids) {
      span.raw(b);
    }
    IntStream.range(0, count).forEach(i -> span.bytes(field, new byte[0]));
    return Wire.at(span.done(), 1, 2, 2);
  }

  private static String column(Signal signal, byte[] request, String column) throws Exception {
    return (String)
        RowCollector.rowsOf(signal, PayloadFormat.PROTOBUF, request).get(0).columns().get(column);
  }

  /** The lowest limit on expanded text that takes {@code request}. */
  private static long limit(Signal signal, byte[] request) throws Exception {
    for (int bytes = 1; bytes < 10_000; bytes++) {
      try {
        new OtlpParser(new OtlpLimits(ANY, Long.MAX_VALUE, bytes))
            .parse(
                signal, PayloadFormat.PROTOBUF, request, 0, request.length, OtlpVisitor.COUNTING);
        return bytes;
      } catch (OtlpTooLargeException e) {
        continue;
      }
    }
    throw new AssertionError("no limit is enough");
  }

  @Test
  void bothModes_drawTheLineAtTheSameByte_forRandomRequests() throws Exception {
    Random random = new Random(5);
    int refused = 0;
    for (int i = 0; i < 500; i++) {
      Signal signal = Signal.values()[i % 3];
      byte[] request = new RandomOtlp(random).request(signal).toByteArray();
      long text = 1 + random.nextInt(2000);
      OtlpParserAssert parser = new OtlpParserAssert(new OtlpLimits(ANY, Long.MAX_VALUE, text));
      try {
        new OtlpParser(new OtlpLimits(ANY, Long.MAX_VALUE, text))
            .parse(
                signal, PayloadFormat.PROTOBUF, request, 0, request.length, OtlpVisitor.COUNTING);
        parser.accepts(signal, PayloadFormat.PROTOBUF, request);
      } catch (OtlpTooLargeException e) {
        refused++;
        parser.refuses(OtlpTooLargeException.class, signal, PayloadFormat.PROTOBUF, request);
      }
    }
    assertTrue(refused > 50 && refused < 450, "refused " + refused);
  }

  @Test
  void limits_areChecked_whenTheyAreMade() {
    assertThrows(IllegalArgumentException.class, () -> new OtlpLimits(0, 1, 1));
    assertThrows(IllegalArgumentException.class, () -> new OtlpLimits(101, 1, 1));
    assertThrows(IllegalArgumentException.class, () -> new OtlpLimits(100, 0, 1));
    assertThrows(IllegalArgumentException.class, () -> new OtlpLimits(100, 1, 0));
  }

  private static OtlpParserAssert withRows(long rows) {
    return new OtlpParserAssert(new OtlpLimits(ANY, rows, Long.MAX_VALUE));
  }

  private static OtlpParserAssert withText(long bytes) {
    return new OtlpParserAssert(new OtlpLimits(ANY, Long.MAX_VALUE, bytes));
  }
}
