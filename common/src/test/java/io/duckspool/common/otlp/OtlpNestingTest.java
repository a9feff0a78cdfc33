package io.duckspool.common.otlp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Messages nested 100 deep are read, 101 deep they are not, wherever they stand. */
class OtlpNestingTest {

  private enum Nest {
    ARRAYS,
    KVLISTS,
    GROUPS
  }

  private final OtlpParserAssert parser = new OtlpParserAssert(OtlpLimits.DEFAULT);

  /** Places of an AnyValue: the field numbers that lead to it from the request. */
  static Stream<Arguments> places() {
    return Stream.of(Nest.values())
        .flatMap(
            nest ->
                Stream.of(
                    Arguments.of(nest, Signal.LOGS, "resource", new int[] {1, 1, 1, 2}),
                    Arguments.of(nest, Signal.LOGS, "scope", new int[] {1, 2, 1, 3, 2}),
                    Arguments.of(nest, Signal.LOGS, "body", new int[] {1, 2, 2, 5}),
                    Arguments.of(nest, Signal.LOGS, "log", new int[] {1, 2, 2, 6, 2}),
                    Arguments.of(nest, Signal.METRICS, "metadata", new int[] {1, 2, 2, 12, 2}),
                    Arguments.of(nest, Signal.METRICS, "gauge", new int[] {1, 2, 2, 5, 1, 7, 2}),
                    Arguments.of(nest, Signal.METRICS, "sum", new int[] {1, 2, 2, 7, 1, 7, 2}),
                    Arguments.of(nest, Signal.METRICS, "hist", new int[] {1, 2, 2, 9, 1, 9, 2}),
                    Arguments.of(nest, Signal.METRICS, "exp", new int[] {1, 2, 2, 10, 1, 1, 2}),
                    Arguments.of(nest, Signal.METRICS, "summary", new int[] {1, 2, 2, 11, 1, 7, 2}),
                    Arguments.of(
                        nest, Signal.METRICS, "exemplar", new int[] {1, 2, 2, 5, 1, 5, 7, 2})));
  }

  @ParameterizedTest
  @MethodSource("places")
  void aValue_mayBeNested100Deep_not101(Nest nest, Signal signal, String place, int[] numbers)
      throws Exception {
    for (int depth : new int[] {99, OtlpLimits.MAX_NESTING}) {
      byte[] allowed = Wire.at(value(nest, depth - numbers.length), numbers);
      OtlpOracle.parse(signal, allowed);
      assertEquals(
          OtlpOracle.rows(OtlpOracle.parse(signal, allowed)),
          parser.accepts(signal, PayloadFormat.PROTOBUF, allowed));
    }
    byte[] tooDeep = Wire.at(value(nest, 101 - numbers.length), numbers);
    assertThrows(InvalidProtocolBufferException.class, () -> OtlpOracle.parse(signal, tooDeep));
    String message = parser.refuses(signal, PayloadFormat.PROTOBUF, tooDeep);
    assertTrue(message.contains("nested more than 100 deep"), message);
  }

  @ParameterizedTest
  @MethodSource("places")
  void aSpansValue_mayBeNested100Deep_not101(Nest nest, Signal signal, String place, int[] numbers)
      throws Exception {
    for (int[] path : new int[][] {{9, 2}, {11, 3, 2}, {13, 4, 2}}) {
      for (int depth : new int[] {OtlpLimits.MAX_NESTING, 101}) {
        byte[] span =
            Wire.wire()
                .bytes(1, new byte[16])
                .bytes(2, new byte[8])
                .bytes(
                    path[0],
                    Wire.at(
                        value(nest, depth - 3 - path.length),
                        Arrays.copyOfRange(path, 1, path.length)))
                .done();
        byte[] request = Wire.at(span, 1, 2, 2);
        if (depth == OtlpLimits.MAX_NESTING) {
          assertEquals(
              OtlpOracle.rows(OtlpOracle.parse(Signal.TRACES, request)),
              parser.accepts(Signal.TRACES, PayloadFormat.PROTOBUF, request));
        } else {
          parser.refuses(Signal.TRACES, PayloadFormat.PROTOBUF, request);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("places")
  void aValueInJson_mayBeNested100Deep_not101(Nest nest, Signal signal, String place, int[] numbers)
      throws Exception {
    if (nest == Nest.GROUPS) {
      return;
    }
    byte[] allowed = Wire.at(value(nest, OtlpLimits.MAX_NESTING - numbers.length), numbers);
    assertEquals(
        parser.accepts(signal, PayloadFormat.PROTOBUF, allowed),
        parser.accepts(signal, PayloadFormat.JSON, json(signal, allowed)));
    byte[] tooDeep = Wire.at(value(nest, 101 - numbers.length), numbers);
    String message = parser.refuses(signal, PayloadFormat.JSON, json(signal, tooDeep));
    assertTrue(message.contains("nested more than 100 deep"), message);
  }

  private static byte[] json(Signal signal, byte[] protobuf) throws Exception {
    CodedInputStream in = CodedInputStream.newInstance(protobuf);
    in.setRecursionLimit(200);
    Message request = OtlpOracle.parse(signal, new byte[0]).toBuilder().mergeFrom(in).build();
    return OtlpJson.PLAIN.write(request).getBytes(StandardCharsets.UTF_8);
  }

  /** The content of an AnyValue that has messages (or groups) {@code levels} deep below itself. */
  private static byte[] value(Nest nest, int levels) {
    if (levels == 0) {
      return new byte[0];
    }
    return switch (nest) {
      case GROUPS -> Wire.wire().group(99, value(nest, levels - 1)).done();
      case ARRAYS -> levels == 1 ? Wire.at(new byte[0], 5) : Wire.at(value(nest, levels - 2), 5, 1);
      case KVLISTS ->
          switch (levels) {
            case 1 -> Wire.at(new byte[0], 6);
            case 2 -> Wire.at(new byte[0], 6, 1);
            default -> Wire.at(value(nest, levels - 3), 6, 1, 2);
          };
    };
  }

  @org.junit.jupiter.api.Test
  void unknownFieldsOfJson_areBounded_too() {
    String deep = "{\"x\":" + "[".repeat(100_000) + "]".repeat(100_000) + "}";
    String message = parser.refuses(Signal.LOGS, deep);
    assertTrue(message.contains("limit for JSON"), message);
  }

  @org.junit.jupiter.api.Test
  void aLowerLimit_isKept_too() throws Exception {
    OtlpParserAssert strict =
        new OtlpParserAssert(new OtlpLimits(5, Long.MAX_VALUE, Long.MAX_VALUE));
    strict.accepts(Signal.LOGS, PayloadFormat.PROTOBUF, Wire.at(new byte[0], 1, 2, 2, 5, 5));
    strict.refuses(Signal.LOGS, PayloadFormat.PROTOBUF, Wire.at(new byte[0], 1, 2, 2, 5, 5, 1));
  }
}
