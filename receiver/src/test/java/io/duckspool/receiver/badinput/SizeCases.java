package io.duckspool.receiver.badinput;

import static io.duckspool.receiver.badinput.Tail.tail;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.FieldDescriptor.Type;
import com.google.protobuf.Message;
import io.duckspool.common.otlp.ContentCoding;
import io.duckspool.common.otlp.OtlpJson;
import io.duckspool.common.otlp.OtlpSamples;
import io.duckspool.common.otlp.PayloadFormat;
import io.duckspool.common.otlp.Signal;
import io.opentelemetry.proto.common.v1.AnyValue;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Nesting, rows and sizes at their limits and one beyond. */
final class SizeCases {

  /** Messages nested below a request, protobuf's own limit. */
  private static final int MAX_NESTING = 100;

  private enum Nest {
    ARRAYS,
    KVLISTS,
    GROUPS
  }

  private final List<BadCase> cases = new ArrayList<>();

  private SizeCases() {}

  /** Each AnyValue of the schema, nested 100 deep and 101. */
  static List<BadCase> nesting() {
    SizeCases made = new SizeCases();
    for (Site site : Site.of(Type.MESSAGE)) {
      if (Site.isAnyValue(site.field())) {
        for (Nest nest : Nest.values()) {
          for (int depth : new int[] {MAX_NESTING - 1, MAX_NESTING, MAX_NESTING + 1, 150}) {
            made.nested(site, nest, depth);
          }
        }
      }
    }
    return made.cases;
  }

  private void nested(Site site, Nest nest, int depth) {
    byte[] value = value(nest, depth - site.path().size());
    byte[] body = site.protobuf(tail().tag(site.field().getNumber(), 2).len(value).done());
    Outcome refused =
        Outcome.badByte(body.length - value.length, body.length, site.protobufPath() + "\\..+");
    String name = nest + " " + depth + " deep in " + site;
    add(
        name,
        site.signal(),
        PayloadFormat.PROTOBUF,
        body,
        Outcome.ofProtobuf(site.signal(), body, refused));
    if (nest != Nest.GROUPS && !site.field().isRepeated()) {
      Message request = site.with(message(value));
      Outcome tooDeep =
          Outcome.refused(
              400,
              "bad_request",
              "line 1, column \\d+, .+: messages are nested more than 100 deep");
      byte[] json = OtlpJson.PLAIN.write(request).getBytes(StandardCharsets.UTF_8);
      Outcome outcome = depth <= MAX_NESTING ? Outcome.ofRequest(request, null) : tooDeep;
      add(name, site.signal(), PayloadFormat.JSON, json, outcome);
      add(name, site.signal(), PayloadFormat.NDJSON, json, outcome);
    }
  }

  private static AnyValue message(byte[] value) {
    try {
      CodedInputStream in = CodedInputStream.newInstance(value);
      in.setRecursionLimit(2 * MAX_NESTING);
      return AnyValue.parseFrom(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The content of an AnyValue that has messages (or groups) {@code levels} deep below itself. */
  private static byte[] value(Nest nest, int levels) {
    if (levels <= 0) {
      return new byte[0];
    }
    return switch (nest) {
      case GROUPS -> tail().tag(99, 3).raw(value(nest, levels - 1)).tag(99, Tail.END_GROUP).done();
      case ARRAYS -> message(5, levels == 1 ? new byte[0] : message(1, value(nest, levels - 2)));
      case KVLISTS ->
          switch (levels) {
            case 1 -> message(6, new byte[0]);
            case 2 -> message(6, message(1, new byte[0]));
            default -> message(6, message(1, message(2, value(nest, levels - 3))));
          };
    };
  }

  private static byte[] message(int number, byte[] content) {
    return tail().tag(number, Tail.LEN).len(content).done();
  }

  /** Rows and bytes at the limits, and fields by the thousand. */
  static List<BadCase> sizes(int maxRows, int maxBodyBytes) {
    SizeCases made = new SizeCases();
    for (Signal signal : Signal.values()) {
      for (PayloadFormat format : PayloadFormat.values()) {
        made.rows(signal, format, maxRows);
        made.bytes(signal, format, maxBodyBytes);
      }
      made.manyFields(signal);
    }
    return made.cases;
  }

  private void rows(Signal signal, PayloadFormat format, int maxRows) {
    for (int rows : new int[] {maxRows, maxRows + 1}) {
      Message request = OtlpSamples.withIds(signal, "s", Collections.nCopies(rows, "i"));
      Outcome outcome =
          rows <= maxRows
              ? Outcome.ofAll(request)
              : Outcome.refused(413, "payload_too_large", ".*more than " + maxRows + " rows.*");
      everyCoding(rows + " rows", signal, format, OtlpSamples.write(request, format), outcome);
    }
  }

  /** Blanks, or a field nobody knows, behind a request up to the limit of a decoded body. */
  private void bytes(Signal signal, PayloadFormat format, int maxBodyBytes) {
    Message request = OtlpSamples.withIds(signal, "s", List.of("1"));
    byte[] small = OtlpSamples.write(request, format);
    for (int size : new int[] {maxBodyBytes, maxBodyBytes + 1}) {
      int filler = size - small.length;
      byte[] tail =
          format == PayloadFormat.PROTOBUF
              ? tail().tag(15, Tail.LEN).varint(filler - 4).raw(new byte[filler - 4]).done()
              : " ".repeat(filler).getBytes(StandardCharsets.US_ASCII);
      byte[] body = tail().raw(small).raw(tail).done();
      Outcome outcome =
          size <= maxBodyBytes
              ? Outcome.ofAll(request)
              : Outcome.refused(413, "payload_too_large", ".*max_body_bytes.*");
      everyCoding(size + " bytes", signal, format, body, outcome);
    }
  }

  private void manyFields(Signal signal) {
    Message request = OtlpSamples.withIds(signal, "s", List.of("1"));
    byte[] small = request.toByteArray();
    Tail unknown = tail().raw(small);
    Tail empty = tail().raw(small);
    StringBuilder names = new StringBuilder("{");
    for (int i = 0; i < 10_000; i++) {
      unknown.tag(100 + i, Tail.VARINT).varint(i);
      empty.tag(1, Tail.LEN).varint(0);
      names.append("\"n").append(i).append("\":").append(i % 2 == 0 ? "{}," : "null,");
    }
    byte[] body = unknown.done();
    everyCoding("unknown", signal, PayloadFormat.PROTOBUF, body, Outcome.ofProtobuf(signal, body));
    body = empty.done();
    everyCoding("empty", signal, PayloadFormat.PROTOBUF, body, Outcome.ofProtobuf(signal, body));
    String json = names + OtlpJson.PLAIN.write(request).substring(1);
    body = json.getBytes(StandardCharsets.UTF_8);
    everyCoding("unknown", signal, PayloadFormat.JSON, body, Outcome.ofAll(request));
    body = "{}\n".repeat(10_000).getBytes(StandardCharsets.UTF_8);
    everyCoding("empty lines", signal, PayloadFormat.NDJSON, body, Outcome.ofAll());
    for (String deep : List.of("[".repeat(20_000), "{\"a\":".repeat(20_000))) {
      body = ("{\"x\":" + deep).getBytes(StandardCharsets.UTF_8);
      Outcome refused = Outcome.badColumn(1, 1, 2_000, Outcome.ANY_PATH);
      everyCoding("unknown, nested", signal, PayloadFormat.JSON, body, refused);
      everyCoding("unknown, nested", signal, PayloadFormat.NDJSON, body, refused);
    }
  }

  private void everyCoding(
      String name, Signal signal, PayloadFormat format, byte[] body, Outcome outcome) {
    for (ContentCoding coding : ContentCoding.values()) {
      String numbered = cases.size() + ": " + name;
      cases.add(BadCase.of(numbered, signal, format, coding, 1, body, outcome));
    }
  }

  private void add(String name, Signal signal, PayloadFormat format, byte[] b, Outcome outcome) {
    int turn = cases.size();
    cases.add(BadCase.of(name, signal, format, ContentCoding.values()[turn % 4], turn, b, outcome));
  }
}
