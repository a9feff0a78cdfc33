package io.duckspool.common.otlp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.protobuf.InvalidProtocolBufferException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What comes twice: messages are merged, of all else the last wins. */
class OtlpMergeTest {

  private final OtlpParserAssert parser = new OtlpParserAssert(OtlpLimits.DEFAULT);

  @Test
  void resourcesInParts_areMerged_asTheGeneratedClassesDo() throws Exception {
    byte[] request =
        Wire.wire()
            .bytes(
                1,
                Wire.wire()
                    .bytes(1, resource("service.name", "a"))
                    .bytes(2, Wire.at(Wire.wire().text(3, "x").done(), 2))
                    .bytes(1, resource("service.namespace", "b"))
                    .bytes(2, Wire.at(new byte[0], 2))
                    .done())
            .done();
    List<OtlpRow> rows = bothWays(Signal.LOGS, request);
    assertEquals(2, rows.size());
    assertEquals("a", rows.get(0).columns().get("service_name"));
    assertEquals("b", rows.get(0).columns().get("service_namespace"));
  }

  @Test
  void scopesInParts_areMerged_andTheLastNameWins() throws Exception {
    byte[] scoped =
        Wire.wire()
            .bytes(1, Wire.wire().text(1, "first").text(2, "v").done())
            .bytes(2, new byte[0])
            .bytes(1, Wire.wire().text(1, "last").done())
            .done();
    OtlpRow row = bothWays(Signal.LOGS, Wire.at(scoped, 1, 2)).get(0);
    assertEquals("last", row.columns().get("scope_name"));
    assertEquals("v", row.columns().get("scope_version"));
  }

  @Test
  void aBodyInParts_isMerged_evenWithAttributesInBetween() throws Exception {
    byte[] log =
        Wire.wire()
            .bytes(5, Wire.at(Wire.wire().varint(3, 1).done(), 5, 1))
            .bytes(6, attribute("k", Wire.at(Wire.wire().varint(3, 7).done(), 5, 1)))
            .bytes(5, Wire.at(Wire.wire().varint(3, 2).done(), 5, 1))
            .done();
    OtlpRow row = bothWays(Signal.LOGS, Wire.at(log, 1, 2, 2)).get(0);
    assertEquals("[1,2]", row.columns().get("body"));
    assertEquals("{\"k\":[7]}", row.columns().get("log_attributes"));
  }

  @Test
  void ofTwoKindsInOneValue_theLastWins() throws Exception {
    byte[] array = Wire.at(Wire.wire().varint(3, 1).done(), 5, 1);
    byte[] kvlist = Wire.at(attribute("k", Wire.wire().varint(3, 1).done()), 6, 1);
    byte[] text = Wire.wire().text(1, "text").done();
    byte[] index = Wire.wire().varint(8, 3).done();
    byte[][] parts = {array, kvlist, text, index};
    for (byte[] first : parts) {
      for (byte[] second : parts) {
        bothWays(
            Signal.LOGS, Wire.at(Wire.wire().bytes(5, first).bytes(5, second).done(), 1, 2, 2));
        bothWays(
            Signal.LOGS,
            Wire.at(Wire.wire().bytes(6, attribute("a", first, second)).done(), 1, 2, 2));
      }
    }
  }

  @Test
  void aKindThatComesBack_beginsAnew_asOneofsAreSpecified() throws Exception {
    byte[] one = Wire.at(Wire.wire().varint(3, 1).done(), 5, 1);
    byte[] two = Wire.at(Wire.wire().varint(3, 2).done(), 5, 1);
    byte[] text = Wire.wire().text(1, "between").done();
    byte[] log = Wire.wire().bytes(5, one).bytes(5, text).bytes(5, two).done();
    List<OtlpRow> rows = parser.accepts(Signal.LOGS, PayloadFormat.PROTOBUF, Wire.at(log, 1, 2, 2));
    assertEquals("[2]", rows.get(0).columns().get("body"));
  }

  @Test
  void dataOfAMetric_isMergedByKind_andTheLastKindWins() throws Exception {
    byte[] gauge = Wire.at(point(1), 5, 1);
    byte[] gauge2 = Wire.at(point(2), 5, 1);
    byte[] sum = Wire.wire().bytes(7, Wire.wire().bytes(1, point(3)).varint(2, 2).done()).done();
    assertEquals(2, metric(gauge, gauge2).size());
    assertEquals(OtlpTable.METRICS_SUM, metric(gauge, sum).get(0).table());
    assertEquals(1, metric(gauge, sum).size());
    assertEquals(OtlpTable.METRICS_GAUGE, metric(sum, gauge).get(0).table());
    assertEquals(1, metric(sum, gauge).size());
  }

  @Test
  void dataThatIsReplaced_mustBeWellFormed_butBreaksNoRules() throws Exception {
    byte[] lateGauge = Wire.at(Wire.wire().fixed64(3, -1).done(), 5, 1);
    byte[] badExemplar = Wire.at(Wire.wire().bytes(5, new byte[3]).done(), 5, 1, 5);
    byte[] sum = Wire.at(point(3), 7, 1);
    assertEquals(1, metric(lateGauge, sum).size());
    assertEquals(1, metric(badExemplar, sum).size());
    byte[] cutOff = Wire.at(Wire.wire().raw(0x19, 1).done(), 5, 1);
    parser.refuses(Signal.METRICS, PayloadFormat.PROTOBUF, Wire.at(concat(cutOff, sum), 1, 2, 2));
  }

  @Test
  void bucketsInParts_areMerged() throws Exception {
    byte[] point =
        Wire.wire()
            .bytes(8, Wire.wire().varint(1, 4).varint(2, 1).done())
            .bytes(8, Wire.wire().bytes(2, new byte[] {2, 3}).done())
            .done();
    OtlpRow row = metric(Wire.at(point, 10, 1)).get(0);
    assertEquals(2, row.columns().get("positive_offset"));
    assertEquals(List.of(1L, 2L, 3L), row.columns().get("positive_bucket_counts"));
  }

  @Test
  void numbersOfTenBytes_areTakenAndRefused_asByTheGeneratedClasses() throws Exception {
    int[] tails = {0x00, 0x01, 0x7F, 0x80, 0x81, 0xFE, 0xFF};
    int taken = 0;
    for (int tail : tails) {
      for (int tag : new int[] {0x18, 0x10, 0x38, 0x40, 0x78}) {
        byte[] number =
            Wire.wire().raw(tag, 255, 255, 255, 255, 255, 255, 255, 255, 255, tail).done();
        for (int[] place : new int[][] {{1, 2, 2, 5}, {1, 2, 2}, {1, 1}, {1, 2, 1}}) {
          byte[] request = Wire.at(number, place);
          try {
            OtlpOracle.parse(Signal.LOGS, request);
          } catch (InvalidProtocolBufferException e) {
            parser.refuses(Signal.LOGS, PayloadFormat.PROTOBUF, request);
            continue;
          }
          bothWays(Signal.LOGS, request);
          taken++;
        }
      }
    }
    assertEquals(true, taken > 60 && taken < 140, taken + " taken");
  }

  private List<OtlpRow> metric(byte[]... data) throws Exception {
    return bothWays(Signal.METRICS, Wire.at(concat(data), 1, 2, 2));
  }

  /** The rows, which have to be those of the generated classes. */
  private List<OtlpRow> bothWays(Signal signal, byte[] request)
      throws InvalidProtocolBufferException, MalformedOtlpException, OtlpTooLargeException {
    List<OtlpRow> rows = parser.accepts(signal, PayloadFormat.PROTOBUF, request);
    assertEquals(OtlpOracle.rows(OtlpOracle.parse(signal, request)), rows);
    return rows;
  }

  private static byte[] point(long value) {
    return Wire.wire().fixed64(6, value).done();
  }

  private static byte[] resource(String key, String value) {
    return Wire.at(attribute(key, Wire.wire().text(1, value).done()), 1);
  }

  private static byte[] attribute(String key, byte[]... valueParts) {
    Wire attribute = Wire.wire();
    for (byte[] part : valueParts) {
      attribute.bytes(2, part);
    }
    return attribute.text(1, key).done();
  }

  private static byte[] concat(byte[]... parts) {
    Wire all = Wire.wire();
    for (byte[] part : parts) {
      for (byte b : part) {
        all.raw(b);
      }
    }
    return all.done();
  }
}
