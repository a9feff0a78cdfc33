package io.duckspool.common.otlp;

import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamWriteConstraints;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import java.io.IOException;
import java.io.OutputStream;
import java.io.Writer;
import java.util.Optional;

/**
 * Writes export requests as OTLP/JSON that any consumer of it takes, and that becomes the same rows
 * here: field by field as the payload has them, without fields that OTLP doesn't have. What breaks
 * a rule of OTLP is written all the same; only what can't be read is a fault.
 *
 * <p>Memory: a few times the nesting, not the size, of a request. Stateless; any thread.
 */
public final class OtlpJsonWriter {

  /** Of JSON, which has two levels for one of protobuf. */
  private static final int MAX_JSON_NESTING = 1_000;

  private static final JsonFactory FACTORY =
      new JsonFactoryBuilder()
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(JsonFactory.Feature.CHARSET_DETECTION)
          .enable(JsonWriteFeature.COMBINE_UNICODE_SURROGATES_IN_UTF8)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_JSON_NESTING)
                  .maxStringLength(Integer.MAX_VALUE)
                  .maxNumberLength(Integer.MAX_VALUE)
                  .build())
          .streamWriteConstraints(
              StreamWriteConstraints.builder().maxNestingDepth(MAX_JSON_NESTING).build())
          .build();

  private OtlpJsonWriter() {}

  /**
   * Where a payload can't be read on.
   *
   * @param offset of the byte in the decompressed payload; -1 where that isn't known
   * @param message what is wrong and where, without the payload's values
   */
  public record Fault(long offset, String message) {}

  /**
   * Writes a payload as lines, each a whole request and ended by LF: one for protobuf and JSON, one
   * for each request of NDJSON. JSON stays as it is but for its line breaks.
   *
   * @param bytes the decompressed payload, borrowed until return
   * @param out stays open; gets nothing when there is a fault
   * @return what is wrong with the payload; empty when it was written
   */
  public static Optional<Fault> writeLines(
      Signal signal, PayloadFormat format, byte[] bytes, int offset, int length, OutputStream out)
      throws IOException {
    return switch (format) {
      case PROTOBUF -> writeProtobufLine(signal, bytes, offset, length, out);
      case JSON -> writeJsonLines(bytes, offset, length, false, out);
      case NDJSON -> writeJsonLines(bytes, offset, length, true, out);
    };
  }

  /**
   * Writes a payload as one JSON value, as far as it goes: objects that are cut short by a fault
   * are closed, and nothing behind it is written. NDJSON becomes an array of its requests.
   *
   * @param bytes the decompressed payload, borrowed until return
   * @param out stays open
   * @return where the payload can't be read on; empty when it was written whole
   */
  public static Optional<Fault> writeAsFarAsItGoes(
      Signal signal, PayloadFormat format, byte[] bytes, int offset, int length, JsonGenerator out)
      throws IOException {
    if (format == PayloadFormat.PROTOBUF) {
      return new ProtobufToJson(out).write(OtlpSchema.request(signal), bytes, offset, length);
    }
    int end = offset + length;
    int start = offset + JsonLines.byteOrderMark(bytes, offset, end);
    if (format == PayloadFormat.JSON) {
      return copyJson(bytes, start, end, offset, out);
    }
    Optional<Fault> fault = Optional.empty();
    out.writeStartArray();
    while (start < end && fault.isEmpty()) {
      int lineEnd = JsonLines.endOfLine(bytes, start, end);
      if (!isBlank(bytes, start, lineEnd)) {
        fault = copyJson(bytes, start, lineEnd, offset, out);
      }
      start = lineEnd + 1;
    }
    out.writeEndArray();
    return fault;
  }

  /**
   * What {@link #writeAsFarAsItGoes} may write to; closed by the caller, leaves its target open.
   */
  public static JsonGenerator generator(Writer out) throws IOException {
    return FACTORY.createGenerator(out).disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
  }

  private static JsonGenerator generator(OutputStream out) throws IOException {
    return FACTORY
        .createGenerator(out, JsonEncoding.UTF8)
        .disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
  }

  private static Optional<Fault> writeProtobufLine(
      Signal signal, byte[] bytes, int offset, int length, OutputStream out) throws IOException {
    // Twice, so that no half line is written, without keeping the line.
    try (JsonGenerator nowhere = generator(OutputStream.nullOutputStream())) {
      Optional<Fault> fault =
          new ProtobufToJson(nowhere).write(OtlpSchema.request(signal), bytes, offset, length);
      if (fault.isPresent()) {
        return fault;
      }
    }
    try (JsonGenerator line = generator(out)) {
      Optional<Fault> unused =
          new ProtobufToJson(line).write(OtlpSchema.request(signal), bytes, offset, length);
    }
    out.write('\n');
    return Optional.empty();
  }

  private static Optional<Fault> writeJsonLines(
      byte[] bytes, int offset, int length, boolean isLines, OutputStream out) throws IOException {
    int end = offset + length;
    int first = offset + JsonLines.byteOrderMark(bytes, offset, end);
    for (int start = first; start < end; ) {
      int lineEnd = isLines ? JsonLines.endOfLine(bytes, start, end) : end;
      Optional<Fault> fault = check(bytes, start, lineEnd, offset);
      if (fault.isPresent()) {
        return fault;
      }
      start = lineEnd + 1;
    }
    for (int start = first; start < end; ) {
      int lineEnd = isLines ? JsonLines.endOfLine(bytes, start, end) : end;
      if (!isBlank(bytes, start, lineEnd)) {
        writeOnOneLine(bytes, start, lineEnd, out);
        out.write('\n');
      }
      start = lineEnd + 1;
    }
    return Optional.empty();
  }

  /** Line breaks stand between tokens alone: a string has them escaped. */
  private static void writeOnOneLine(byte[] bytes, int start, int end, OutputStream out)
      throws IOException {
    int from = start;
    for (int i = start; i < end; i++) {
      if (bytes[i] == '\n' || bytes[i] == '\r') {
        out.write(bytes, from, i - from);
        out.write(' ');
        from = i + 1;
      }
    }
    out.write(bytes, from, end - from);
  }

  private static boolean isBlank(byte[] bytes, int start, int end) {
    for (int i = start; i < end; i++) {
      if (bytes[i] != ' ' && bytes[i] != '\t' && bytes[i] != '\r' && bytes[i] != '\n') {
        return false;
      }
    }
    return true;
  }

  /** Whether a document is blank, or one whole object. */
  private static Optional<Fault> check(byte[] bytes, int start, int end, int origin)
      throws IOException {
    if (isBlank(bytes, start, end)) {
      return Optional.empty();
    }
    int invalid = Utf8.firstInvalid(bytes, start, end);
    if (invalid >= 0) {
      return Optional.of(fault(invalid - origin, "the text is not UTF-8"));
    }
    try (JsonParser json = FACTORY.createParser(bytes, start, end - start)) {
      try {
        if (json.nextToken() != JsonToken.START_OBJECT) {
          return Optional.of(fault(start - origin, "expected an object"));
        }
        json.skipChildren();
        return json.nextToken() == null
            ? Optional.empty()
            : Optional.of(fault(at(json, start, origin), "something follows the request"));
      } catch (JsonProcessingException e) {
        return Optional.of(fault(at(json, start, origin), "not valid JSON"));
      }
    }
  }

  private static Optional<Fault> copyJson(
      byte[] bytes, int start, int end, int origin, JsonGenerator out) throws IOException {
    Optional<Fault> fault = check(bytes, start, end, origin);
    int depth = 0;
    boolean isWritten = false;
    try (JsonParser json = FACTORY.createParser(bytes, start, end - start)) {
      do {
        JsonToken token = json.nextToken();
        if (token == JsonToken.FIELD_NAME) {
          String name = json.currentName();
          token = json.nextToken(); // A name without its value is not written.
          out.writeFieldName(name);
        }
        if (token == null) {
          break;
        }
        depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
        out.copyCurrentEvent(json);
        isWritten = true;
      } while (depth > 0);
    } catch (JsonProcessingException e) {
      fault = fault.isPresent() ? fault : Optional.of(new Fault(-1, "not valid JSON"));
    }
    if (!isWritten) {
      out.writeNull(); // Whoever named the value gets one.
    }
    for (; depth > 0; depth--) {
      if (out.getOutputContext().inArray()) {
        out.writeEndArray();
      } else {
        out.writeEndObject();
      }
    }
    return fault;
  }

  private static long at(JsonParser json, int start, int origin) {
    return start + json.currentLocation().getByteOffset() - origin;
  }

  private static Fault fault(long offset, String message) {
    return new Fault(offset, "byte " + offset + ": " + message);
  }
}
