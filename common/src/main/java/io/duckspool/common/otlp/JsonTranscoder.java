package io.duckspool.common.otlp;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import io.duckspool.common.otlp.MessageType.Field;
import io.duckspool.common.otlp.MessageType.Kind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;

/**
 * Turns OTLP/JSON into OTLP/protobuf, so that one walker reads both, rows of JSON are those of
 * protobuf, and the order of fields doesn't matter. It takes names in both spellings, numbers as
 * strings, enums by name, ids in hex or base64; it ignores unknown fields and nulls; of fields that
 * come twice, or exclude each other, it keeps the last.
 *
 * <p>Used by one thread at a time; its buffers are reused.
 */
final class JsonTranscoder {

  /** Of arrays and objects; a message takes two levels at most, unknown fields some more. */
  private static final int MAX_JSON_NESTING = 250;

  /** Of names of fields, which the parser keeps outside of any budget: its own default. */
  private static final int MAX_NAME_CHARS = 50_000;

  /** Of numbers, booleans and enums in quotes: what the parser takes of a bare number. */
  private static final int MAX_SCALAR_CHARS = 1_000;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(JsonFactory.Feature.CHARSET_DETECTION)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_JSON_NESTING)
                  .maxStringLength(Integer.MAX_VALUE)
                  .maxNameLength(MAX_NAME_CHARS)
                  .build())
          .build();

  private final int maxNesting;
  private final TextBuffer out;
  private final WireWriter wire;
  private final TextBuffer scratch;

  /**
   * {@code spans[depth]}: start and end in {@link #out} of each slot of the open message, or -1.
   */
  private int[][] spans = {};

  private byte[] source = {};
  private int sourceOffset;
  private int sourceEnd;
  private MessageType root;

  /** The number of the only line, or 0 for a document whose lines are counted. */
  private int onlyLine;

  /** Open only inside {@link #transcode}. */
  private JsonParser json;

  /** The byte of {@link #out} whose place in the JSON is asked for, or -1. */
  private int watched = -1;

  private JsonLocation watchedLocation = JsonLocation.NA;

  JsonTranscoder(int maxNesting, WorkingMemory memory) {
    this.maxNesting = maxNesting;
    this.out = new TextBuffer(1024, memory);
    this.wire = new WireWriter(out);
    this.scratch = new TextBuffer(64, memory);
    this.root = OtlpSchema.request(Signal.LOGS);
    this.json = emptyParser();
  }

  private static JsonParser emptyParser() {
    try {
      return FACTORY.createParser(new byte[0]);
    } catch (IOException e) {
      throw new IllegalStateException("no parser for an array", e);
    }
  }

  /** The request in protobuf stands in {@code bytes()[0 .. length())}. */
  byte[] bytes() {
    return out.bytes();
  }

  int length() {
    return out.length();
  }

  /** Lets go of buffers that one unusual request made large. */
  void shrink(int maxRetainedBytes) {
    out.shrink(maxRetainedBytes);
    scratch.shrink(maxRetainedBytes);
    source = new byte[0];
  }

  /**
   * Transcodes one document that is known to be UTF-8.
   *
   * @param bytes borrowed until the next call
   * @param line the number of the line of NDJSON that it is, or 0 for a document of many lines
   * @return false if there is none, only blanks
   */
  boolean transcode(Signal signal, byte[] bytes, int offset, int length, int line)
      throws MalformedOtlpException {
    root = OtlpSchema.request(signal);
    source = bytes;
    sourceOffset = offset;
    sourceEnd = offset + length;
    onlyLine = line;
    return transcode();
  }

  private boolean transcode() throws MalformedOtlpException {
    out.clear();
    // Most JSON is longer than the protobuf it becomes.
    out.expect(sourceEnd - sourceOffset);
    try (JsonParser parser = FACTORY.createParser(source, sourceOffset, sourceEnd - sourceOffset)) {
      json = parser;
      return readDocument();
    } catch (IOException e) {
      throw new IllegalStateException("reading an array failed", e);
    }
  }

  private boolean readDocument() throws IOException, MalformedOtlpException {
    try {
      JsonToken token = json.nextToken();
      if (token == null) {
        return false;
      }
      expect(token, JsonToken.START_OBJECT, "an object");
      readRequest();
      if (json.nextToken() != null) {
        throw fault("something follows the request");
      }
      return true;
    } catch (JsonProcessingException e) {
      // While the parser is open: a closed one stands at the end of the text.
      JsonLocation location = e.getLocation() == null ? json.currentLocation() : e.getLocation();
      throw new MalformedOtlpException(at(location) + ": " + reason(e), e);
    }
  }

  private static String reason(JsonProcessingException e) {
    if (e instanceof JsonEOFException) {
      return "the JSON document is not complete";
    }
    if (e instanceof StreamConstraintsException) {
      return "a limit for JSON is exceeded: nested deeper than "
          + MAX_JSON_NESTING
          + ", or a name or number too long";
    }
    return "not valid JSON";
  }

  /** The line and column of what became the byte at {@code offset} of the last document. */
  String locate(int offset) throws MalformedOtlpException {
    watched = offset;
    watchedLocation = JsonLocation.NA;
    try {
      transcode();
    } finally {
      watched = -1;
    }
    return at(watchedLocation);
  }

  private void readRequest() throws IOException, MalformedOtlpException {
    Set<String> foreign = new HashSet<>();
    boolean hasOwn = readMessage(root, 0, foreign);
    if (!hasOwn && !foreign.isEmpty()) {
      throw fault(
          "the request has "
              + foreign.iterator().next()
              + ", which belongs to another signal, and no "
              + root.fields().get(0).jsonName());
    }
  }

  /** Reads fields up to the end of the object; true if there is a known one. */
  private boolean readMessage(MessageType type, int depth, Set<String> foreign)
      throws IOException, MalformedOtlpException {
    if (depth > maxNesting) {
      throw fault("messages are nested more than " + maxNesting + " deep");
    }
    int[] slots = slots(type, depth);
    boolean hasKnown = false;
    for (String name = json.nextFieldName(); name != null; name = json.nextFieldName()) {
      Field field = type.byName(name);
      JsonToken token = json.nextToken();
      if (field == null) {
        if (depth == 0 && isForeign(name)) {
          foreign.add(name);
        }
        json.skipChildren();
        continue;
      }
      hasKnown = true;
      if (token == JsonToken.VALUE_NULL) {
        continue;
      }
      int slot = field.slot() * 2;
      if (slots[slot] >= 0) {
        removeEarlier(slots, slot, type.slots() * 2);
      }
      slots[slot] = out.length();
      writeField(field, token, depth);
      slots[slot + 1] = out.length();
    }
    return hasKnown;
  }

  private static boolean isForeign(String name) {
    for (Signal signal : Signal.values()) {
      if (OtlpSchema.request(signal).byName(name) != null) {
        return true;
      }
    }
    return false;
  }

  private int[] slots(MessageType type, int depth) {
    if (depth >= spans.length) {
      spans = Arrays.copyOf(spans, depth + 1);
    }
    if (spans[depth] == null || spans[depth].length < type.slots() * 2) {
      spans[depth] = new int[Math.max(32, type.slots() * 2)];
    }
    Arrays.fill(spans[depth], 0, type.slots() * 2, -1);
    return spans[depth];
  }

  /** Removes what a field or a member of a oneof wrote that comes again. */
  private void removeEarlier(int[] slots, int slot, int count) {
    int start = slots[slot];
    int size = slots[slot + 1] - start;
    out.cut(start, start + size);
    for (int i = 0; i < count; i += 2) {
      if (slots[i] > start) {
        slots[i] -= size;
        slots[i + 1] -= size;
      }
    }
  }

  private void writeField(Field field, JsonToken token, int depth)
      throws IOException, MalformedOtlpException {
    if (!field.isRepeated()) {
      writeTagged(field, token, depth);
      return;
    }
    expect(token, JsonToken.START_ARRAY, "an array");
    int start = -1;
    if (field.isPacked()) {
      wire.writeVarint(field.tag());
      start = wire.reserveLength();
    }
    for (JsonToken next = json.nextToken(); next != JsonToken.END_ARRAY; next = json.nextToken()) {
      if (field.isPacked()) {
        writeNumber(field, next);
        watch();
      } else if (next != JsonToken.VALUE_NULL) {
        writeTagged(field, next, depth);
      } else if (field.type() != null && field.type().byName("string_value") != null) {
        // A null among the values of an array keeps its place.
        wire.writeVarint(field.tag());
        wire.writeVarint(0);
      }
    }
    if (start >= 0) {
      wire.patchLength(start);
    }
  }

  private void writeTagged(Field field, JsonToken token, int depth)
      throws IOException, MalformedOtlpException {
    wire.writeVarint(field.tag());
    if (field.kind().wireType != WireReader.LEN) {
      writeNumber(field, token);
      watch();
      return;
    }
    int start = wire.reserveLength();
    watch();
    MessageType type = field.type();
    if (type != null) {
      expect(token, JsonToken.START_OBJECT, "an object");
      readMessage(type, depth + 1, Set.of());
    } else {
      expect(token, JsonToken.VALUE_STRING, "a string");
      writeText(field);
    }
    wire.patchLength(start);
    watch();
  }

  /** Notes where the JSON is when the watched byte has been written. */
  private void watch() {
    if (watched >= 0 && watchedLocation == JsonLocation.NA && out.length() > watched) {
      watchedLocation = json.currentTokenLocation();
    }
  }

  private void writeText(Field field) throws MalformedOtlpException {
    if (field.kind() == Kind.STRING) {
      decodeString(out);
      return;
    }
    scratch.clear();
    decodeString(scratch);
    byte[] text = scratch.bytes();
    int length = scratch.length();
    int idBytes =
        switch (field.kind()) {
          case TRACE_ID -> RowRules.TRACE_ID_BYTES;
          case SPAN_ID -> RowRules.SPAN_ID_BYTES;
          default -> 0;
        };
    if (idBytes == 0) {
      if (!JsonText.decodeBase64(text, length, out)) {
        throw fault("not base64");
      }
      return;
    }
    int start = out.length();
    // Generic writers of protobuf's JSON don't know that OTLP has hex here.
    boolean isBase64 =
        (length == (idBytes + 2) / 3 * 4 || length == (idBytes * 8 + 5) / 6)
            && JsonText.decodeBase64(text, length, out)
            && out.length() - start == idBytes;
    if (!isBase64) {
      out.truncate(start);
      if (!JsonText.decodeHex(text, length, out)) {
        throw fault("an id must be " + 2 * idBytes + " hex digits, or base64");
      }
    }
  }

  private void decodeString(TextBuffer target) throws MalformedOtlpException {
    int quote = sourceOffset + (int) json.currentTokenLocation().getByteOffset();
    if (source[quote] != '"') {
      throw new IllegalStateException("no string at byte " + quote);
    }
    if (!JsonText.decode(source, quote, sourceEnd, target)) {
      throw fault("not a valid string: an escape is unknown or half of a pair, or it does not end");
    }
  }

  /** Writes a value that is neither text nor a message. */
  private void writeNumber(Field field, JsonToken token)
      throws IOException, MalformedOtlpException {
    try {
      switch (field.kind()) {
        case BOOL -> wire.writeVarint(readBool(token) ? 1 : 0);
        case DOUBLE -> wire.writeFixed64(Double.doubleToRawLongBits(readDouble(token)));
        case FIXED64, SFIXED64 -> wire.writeFixed64(readInteger(field, token));
        case FIXED32 -> wire.writeFixed32((int) readInteger(field, token));
        case SINT32 -> {
          int value = (int) readInteger(field, token);
          wire.writeVarint(Integer.toUnsignedLong(value << 1 ^ value >> 31));
        }
        default -> wire.writeVarint(readInteger(field, token));
      }
    } catch (JsonNumbers.NumberFault e) {
      throw fault(e.reason());
    }
  }

  private boolean readBool(JsonToken token) throws MalformedOtlpException {
    if (token == JsonToken.VALUE_STRING) {
      String text = shortString();
      if (text.equals("true") || text.equals("false")) {
        return text.equals("true");
      }
    } else if (token == JsonToken.VALUE_TRUE || token == JsonToken.VALUE_FALSE) {
      return token == JsonToken.VALUE_TRUE;
    }
    throw fault("expected true or false");
  }

  private double readDouble(JsonToken token)
      throws IOException, MalformedOtlpException, JsonNumbers.NumberFault {
    if (token == JsonToken.VALUE_STRING) {
      return JsonNumbers.real(shortString());
    }
    expectNumber(token);
    if (token == JsonToken.VALUE_NUMBER_INT) {
      // As a whole number -0 would lose its sign.
      return JsonNumbers.real(json.getText());
    }
    return JsonNumbers.finite(json.getDoubleValue());
  }

  private long readInteger(Field field, JsonToken token)
      throws IOException, MalformedOtlpException, JsonNumbers.NumberFault {
    if (token == JsonToken.VALUE_STRING) {
      String text = shortString();
      Integer number = field.enumNumbers().get(text);
      if (number != null) {
        return number;
      }
      if (field.kind() == Kind.ENUM && !text.isEmpty() && Character.isLetter(text.charAt(0))) {
        throw fault("not a name of this enum");
      }
      return JsonNumbers.integer(text, field.kind());
    }
    expectNumber(token);
    if (token == JsonToken.VALUE_NUMBER_INT
        && json.getNumberType() != JsonParser.NumberType.BIG_INTEGER) {
      return JsonNumbers.inRange(json.getLongValue(), field.kind());
    }
    return JsonNumbers.integer(json.getText(), field.kind());
  }

  private String shortString() throws MalformedOtlpException {
    scratch.clear();
    decodeString(scratch);
    if (scratch.length() > MAX_SCALAR_CHARS) {
      throw fault("a number or name of more than " + MAX_SCALAR_CHARS + " characters");
    }
    return new String(scratch.bytes(), 0, scratch.length(), StandardCharsets.UTF_8);
  }

  private void expectNumber(JsonToken token) throws MalformedOtlpException {
    if (token != JsonToken.VALUE_NUMBER_INT && token != JsonToken.VALUE_NUMBER_FLOAT) {
      throw fault("expected a number");
    }
  }

  private void expect(JsonToken token, JsonToken expected, String what)
      throws MalformedOtlpException {
    if (token != expected) {
      throw fault("expected " + what);
    }
  }

  private MalformedOtlpException fault(String message) {
    String path = JsonPath.of(json.getParsingContext());
    return new MalformedOtlpException(
        at(json.currentTokenLocation()) + (path.isEmpty() ? "" : ", " + path) + ": " + message);
  }

  private String at(JsonLocation location) {
    // The parser takes a carriage return in a line of NDJSON for the end of it.
    return onlyLine > 0
        ? "line " + onlyLine + ", column " + (Math.max(0, location.getByteOffset()) + 1)
        : "line "
            + Math.max(1, location.getLineNr())
            + ", column "
            + Math.max(1, location.getColumnNr());
  }
}
