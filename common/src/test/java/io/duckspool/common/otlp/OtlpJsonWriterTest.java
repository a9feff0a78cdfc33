package io.duckspool.common.otlp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.Message;
import io.duckspool.common.otlp.OtlpJsonWriter.Fault;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.StringWriter;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;

/** What is written is taken again, as lines, and gives the same rows. */
class OtlpJsonWriterTest {

  @Property(tries = 500, shrinking = ShrinkingMode.OFF)
  void protobuf_inAnyOrderAndInParts_becomesALineWithTheSameRows(
      @ForAll Signal signal, @ForAll long seed) throws Exception {
    Random random = new Random(seed);
    Message request = new RandomOtlp(random).request(signal);
    byte[] plain = request.toByteArray();
    assertSameRows(signal, PayloadFormat.PROTOBUF, plain);
    assertSameRows(signal, PayloadFormat.PROTOBUF, WireShuffle.shuffle(request, random));
  }

  @Property(tries = 300, shrinking = ShrinkingMode.OFF)
  void json_becomesALineWithTheSameRows(@ForAll Signal signal, @ForAll long seed) throws Exception {
    Random random = new Random(seed);
    Message request = new RandomOtlp(random).request(signal);
    String json = OtlpJson.anyStyle(random).write(request);
    assertSameRows(signal, PayloadFormat.JSON, ("\uFEFF" + json + "\r\n\n").getBytes(UTF_8));
    String line = OtlpJson.PLAIN.write(request);
    assertSameRows(
        signal, PayloadFormat.NDJSON, ("\r\n" + line + "\r\n\r\n" + line).getBytes(UTF_8));
  }

  /** Each payload that the parser takes can be written; of others nothing is. */
  @Property(tries = 500, shrinking = ShrinkingMode.OFF)
  void damagedProtobuf_isWrittenWhole_orNotAtAll(@ForAll Signal signal, @ForAll long seed)
      throws Exception {
    Random random = new Random(seed);
    byte[] bytes = new RandomOtlp(random).request(signal).toByteArray();
    for (int i = random.nextInt(3); i >= 0 && bytes.length > 0; i--) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Optional<Fault> fault =
        OtlpJsonWriter.writeLines(signal, PayloadFormat.PROTOBUF, bytes, 0, bytes.length, out);
    if (fault.isPresent()) {
      assertEquals(0, out.size());
      assertTrue(fault.get().offset() <= bytes.length);
    }
    boolean isAccepted = true;
    try {
      var unused = RowCollector.rowsOf(signal, PayloadFormat.PROTOBUF, bytes);
    } catch (MalformedOtlpException e) {
      isAccepted = false;
    }
    if (isAccepted) {
      assertSameRows(signal, PayloadFormat.PROTOBUF, bytes);
    }
  }

  @Example
  void aPayloadCutAtAnyByte_isWrittenUpToThere_asWholeJson() throws Exception {
    for (Signal signal : Signal.values()) {
      byte[] bytes = new RandomOtlp(new Random(7)).request(signal).toByteArray();
      for (int length = 0; length < bytes.length; length++) {
        byte[] cut = Arrays.copyOf(bytes, length);
        StringWriter text = new StringWriter();
        Optional<Fault> fault = show(signal, PayloadFormat.PROTOBUF, cut, text);
        JsonNode written = new ObjectMapper().readTree(text.toString());
        assertTrue(written.isObject(), text.toString());
        assertTrue(fault.isEmpty() || fault.get().offset() <= length);
      }
    }
  }

  @Example
  void aFault_isNamedByByteAndPath_andWhatCameBeforeIsWritten() throws Exception {
    byte[] good = Wire.wire().text(1, "name").done();
    byte[] bad = Wire.wire().bytes(3, new byte[] {'o', 'k'}).bytes(12, new byte[] {-1}).done();
    byte[] request =
        Wire.at(
            Wire.wire()
                .bytes(1, good)
                .bytes(2, new byte[0])
                .bytes(2, bad)
                .bytes(2, new byte[0])
                .text(3, "url")
                .done(),
            1,
            2);
    StringWriter text = new StringWriter();
    Fault fault = show(Signal.LOGS, PayloadFormat.PROTOBUF, request, text).orElseThrow();
    assertEquals(
        "{\"resourceLogs\":[{\"scopeLogs\":[{\"scope\":{\"name\":\"name\"},"
            + "\"logRecords\":[{},{\"severityText\":\"ok\"}]}]}]}",
        text.toString());
    assertEquals(-1, request[(int) fault.offset()]);
    assertEquals(
        "byte "
            + fault.offset()
            + ", resource_logs[0].scope_logs[0].log_records[1].event_name: a string is not UTF-8",
        fault.message());
  }

  @Example
  void numbersThatJsonDoesNotHave_areStrings() throws Exception {
    byte[] point =
        Wire.wire().fixed64(4, Double.doubleToRawLongBits(Double.NaN)).fixed64(3, -1L).done();
    byte[] request = Wire.at(Wire.wire().bytes(5, Wire.at(point, 1)).done(), 1, 2, 2);
    StringWriter text = new StringWriter();
    assertTrue(show(Signal.METRICS, PayloadFormat.PROTOBUF, request, text).isEmpty());
    assertTrue(
        text.toString()
            .contains("{\"asDouble\":\"NaN\",\"timeUnixNano\":\"18446744073709551615\"}"),
        text.toString());
  }

  @Example
  void jsonThatBreaksOff_isWrittenUpToThere_andNoLineOfIt() throws Exception {
    byte[] json = "{\"resourceLogs\":[{\"a\":[1,2,{\"b\":tru".getBytes(UTF_8);
    StringWriter text = new StringWriter();
    Fault fault = show(Signal.LOGS, PayloadFormat.JSON, json, text).orElseThrow();
    assertEquals("{\"resourceLogs\":[{\"a\":[1,2,{}]}]}", text.toString());
    assertTrue(fault.offset() > 25, fault.message());
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] lines = ("{}\n" + new String(json, UTF_8)).getBytes(UTF_8);
    assertTrue(
        OtlpJsonWriter.writeLines(Signal.LOGS, PayloadFormat.NDJSON, lines, 0, lines.length, out)
            .isPresent());
    assertEquals(0, out.size());
  }

  private static Optional<Fault> show(
      Signal signal, PayloadFormat format, byte[] bytes, StringWriter text) throws IOException {
    try (JsonGenerator out = OtlpJsonWriter.generator(text)) {
      return OtlpJsonWriter.writeAsFarAsItGoes(signal, format, bytes, 0, bytes.length, out);
    }
  }

  private static void assertSameRows(Signal signal, PayloadFormat format, byte[] bytes)
      throws Exception {
    byte[] framed = new byte[bytes.length + 9];
    Arrays.fill(framed, (byte) 0xFF);
    System.arraycopy(bytes, 0, framed, 5, bytes.length);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Optional<Fault> fault = OtlpJsonWriter.writeLines(signal, format, framed, 5, bytes.length, out);
    assertEquals(Optional.empty(), fault);
    byte[] lines = out.toByteArray();
    assertEquals('\n', lines[lines.length - 1]);
    if (format != PayloadFormat.NDJSON) {
      assertEquals(1, out.toString(UTF_8).lines().count());
    }
    assertEquals(
        RowCollector.rowsOf(signal, format, bytes),
        RowCollector.rowsOf(signal, PayloadFormat.NDJSON, lines));
    if (format == PayloadFormat.PROTOBUF) {
      StringWriter text = new StringWriter();
      assertTrue(show(signal, format, bytes, text).isEmpty());
      assertEquals(out.toString(UTF_8), text + "\n");
    }
  }
}
