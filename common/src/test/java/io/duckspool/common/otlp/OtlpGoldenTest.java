package io.duckspool.common.otlp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The rows of hand-made requests, as they stand in {@code golden/}, from every format. */
class OtlpGoldenTest {

  @ParameterizedTest
  @EnumSource(Signal.class)
  void protobuf_givesTheGoldenRows(Signal signal) throws Exception {
    byte[] bytes = GoldenRequests.request(signal).toByteArray();
    assertEquals(golden(signal), rows(signal, PayloadFormat.PROTOBUF, bytes));
  }

  @ParameterizedTest
  @EnumSource(Signal.class)
  void protobuf_givesTheGoldenRows_withResourceAndScopeBehindTheirChildren(Signal signal)
      throws Exception {
    byte[] bytes = WireShuffle.reversed(GoldenRequests.request(signal));
    assertEquals(golden(signal), rows(signal, PayloadFormat.PROTOBUF, bytes));
  }

  @ParameterizedTest
  @EnumSource(Signal.class)
  void json_givesTheGoldenRows(Signal signal) throws Exception {
    byte[] bytes = OtlpSamples.write(GoldenRequests.request(signal), PayloadFormat.JSON);
    assertEquals(golden(signal), rows(signal, PayloadFormat.JSON, bytes));
  }

  @ParameterizedTest
  @EnumSource(Signal.class)
  void protobufsOwnJson_givesTheGoldenRows(Signal signal) throws Exception {
    byte[] bytes =
        JsonFormat.printer().print(GoldenRequests.request(signal)).getBytes(StandardCharsets.UTF_8);
    assertEquals(golden(signal), rows(signal, PayloadFormat.JSON, bytes));
  }

  @ParameterizedTest
  @EnumSource(Signal.class)
  void ndjson_givesTheGoldenRows_lineByLine(Signal signal) throws Exception {
    String line = OtlpJson.PLAIN.write(GoldenRequests.request(signal));
    byte[] bytes = ("\ufeff\r\n" + line + "\r\n \n" + line).getBytes(StandardCharsets.UTF_8);
    assertEquals(golden(signal) + golden(signal), rows(signal, PayloadFormat.NDJSON, bytes));
  }

  @ParameterizedTest
  @EnumSource(Signal.class)
  void theOracle_agreesWithTheGoldenRows(Signal signal) throws Exception {
    assertEquals(golden(signal), text(OtlpOracle.rows(GoldenRequests.request(signal))));
  }

  @ParameterizedTest
  @EnumSource(Signal.class)
  void theGoldenRequest_hasEveryFieldThatOtlpHas(Signal signal) {
    Message request = GoldenRequests.request(signal);
    Set<String> missing = new TreeSet<>();
    collectFields(request.getDescriptorForType(), missing, new TreeSet<>());
    removeSet(request, missing);
    assertEquals(Set.of(), missing);
  }

  private static void collectFields(Descriptor type, Set<String> fields, Set<String> seen) {
    if (seen.add(type.getFullName())) {
      for (FieldDescriptor field : type.getFields()) {
        fields.add(field.getFullName());
        if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
          collectFields(field.getMessageType(), fields, seen);
        }
      }
    }
  }

  private static void removeSet(Message message, Set<String> fields) {
    message
        .getAllFields()
        .forEach(
            (field, value) -> {
              fields.remove(field.getFullName());
              if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
                List<?> values = field.isRepeated() ? (List<?>) value : List.of(value);
                values.forEach(child -> removeSet((Message) child, fields));
              }
            });
  }

  private static String rows(Signal signal, PayloadFormat format, byte[] bytes) throws Exception {
    return text(RowCollector.rowsOf(signal, format, bytes));
  }

  private static String text(List<OtlpRow> rows) {
    return rows.stream().map(OtlpRow::toString).collect(Collectors.joining());
  }

  private static String golden(Signal signal) throws IOException {
    String name = "/golden/" + signal.name().toLowerCase(Locale.ROOT) + ".rows";
    try (InputStream in = OtlpGoldenTest.class.getResourceAsStream(name)) {
      assertNotNull(in, name);
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** Prints the rows as the oracle has them, to be read and put in {@code golden/} by hand. */
  public static void main(String[] args) {
    for (Message request : List.of(GoldenRequests.request(Signal.valueOf(args[0])))) {
      System.out.write(
          text(OtlpOracle.rows(request)).getBytes(StandardCharsets.UTF_8),
          0,
          text(OtlpOracle.rows(request)).getBytes(StandardCharsets.UTF_8).length);
      System.out.flush();
    }
  }
}
