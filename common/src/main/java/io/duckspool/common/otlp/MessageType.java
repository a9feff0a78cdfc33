package io.duckspool.common.otlp;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One message of OTLP: its fields by number and by both spellings of their names. */
final class MessageType {

  /** How a field's value is written. */
  enum Kind {
    STRING(WireReader.LEN),
    BYTES(WireReader.LEN),
    /** Bytes that OTLP/JSON writes in hex. */
    TRACE_ID(WireReader.LEN),
    /** Bytes that OTLP/JSON writes in hex. */
    SPAN_ID(WireReader.LEN),
    MESSAGE(WireReader.LEN),
    BOOL(WireReader.VARINT),
    ENUM(WireReader.VARINT),
    INT32(WireReader.VARINT),
    SINT32(WireReader.VARINT),
    UINT32(WireReader.VARINT),
    INT64(WireReader.VARINT),
    UINT64(WireReader.VARINT),
    FIXED32(WireReader.FIXED32),
    FIXED64(WireReader.FIXED64),
    SFIXED64(WireReader.FIXED64),
    DOUBLE(WireReader.FIXED64);

    final int wireType;

    Kind(int wireType) {
      this.wireType = wireType;
    }
  }

  /**
   * One field.
   *
   * @param slot fields that exclude each other (a oneof) share one
   * @param type of a MESSAGE
   * @param enumNumbers of an ENUM, by name
   */
  record Field(
      int number,
      String name,
      String jsonName,
      Kind kind,
      boolean isRepeated,
      int slot,
      @Nullable MessageType type,
      Map<String, Integer> enumNumbers) {

    boolean isPacked() {
      return isRepeated && kind.wireType != WireReader.LEN;
    }

    /** The tag this field is written with. */
    int tag() {
      return number << 3 | (isPacked() ? WireReader.LEN : kind.wireType);
    }
  }

  private final String name;
  private final List<Field> fields = new ArrayList<>();
  private final Map<Integer, Field> byNumber = new HashMap<>();
  private final Map<String, Field> byName = new HashMap<>();
  private int slots;
  private int oneofSlot = -1;

  MessageType(String name) {
    this.name = name;
  }

  String name() {
    return name;
  }

  List<Field> fields() {
    return fields;
  }

  /** The number of slots: fields, with those of a oneof as one. */
  int slots() {
    return slots;
  }

  @Nullable Field byNumber(int number) {
    return byNumber.get(number);
  }

  /** The field of this snake_case or lowerCamelCase name. */
  @Nullable Field byName(String fieldName) {
    return byName.get(fieldName);
  }

  MessageType scalar(int number, String fieldName, Kind kind) {
    return add(number, fieldName, kind, false, slots++, null, Map.of());
  }

  MessageType scalars(int number, String fieldName, Kind kind) {
    return add(number, fieldName, kind, true, slots++, null, Map.of());
  }

  MessageType enumeration(int number, String fieldName, Map<String, Integer> numbers) {
    return add(number, fieldName, Kind.ENUM, false, slots++, null, numbers);
  }

  MessageType message(int number, String fieldName, MessageType type) {
    return add(number, fieldName, Kind.MESSAGE, false, slots++, type, Map.of());
  }

  MessageType messages(int number, String fieldName, MessageType type) {
    return add(number, fieldName, Kind.MESSAGE, true, slots++, type, Map.of());
  }

  /** A member of the message's only oneof. */
  MessageType oneof(int number, String fieldName, Kind kind) {
    return add(number, fieldName, kind, false, oneofSlot(), null, Map.of());
  }

  /** A member of the message's only oneof. */
  MessageType oneof(int number, String fieldName, MessageType type) {
    return add(number, fieldName, Kind.MESSAGE, false, oneofSlot(), type, Map.of());
  }

  private int oneofSlot() {
    if (oneofSlot < 0) {
      oneofSlot = slots++;
    }
    return oneofSlot;
  }

  private MessageType add(
      int number,
      String fieldName,
      Kind kind,
      boolean isRepeated,
      int slot,
      @Nullable MessageType type,
      Map<String, Integer> enumNumbers) {
    Field field =
        new Field(
            number, fieldName, camelCase(fieldName), kind, isRepeated, slot, type, enumNumbers);
    fields.add(field);
    byNumber.put(number, field);
    byName.put(field.name, field);
    byName.put(field.jsonName, field);
    return this;
  }

  private static String camelCase(String snakeCase) {
    StringBuilder camelCase = new StringBuilder(snakeCase.length());
    for (int i = 0; i < snakeCase.length(); i++) {
      char c = snakeCase.charAt(i);
      camelCase.append(c == '_' ? Character.toUpperCase(snakeCase.charAt(++i)) : c);
    }
    return camelCase.toString();
  }
}
