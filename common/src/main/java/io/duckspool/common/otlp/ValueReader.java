package io.duckspool.common.otlp;

import java.util.Arrays;

/**
 * Reads {@code AnyValue}s and lists of {@code KeyValue}s, and writes their JSON text. Without
 * {@code builds} it only validates. The parts of one value or list may stand apart on the wire,
 * with anything between them that this reader doesn't read.
 */
final class ValueReader {

  private static final int KEY = 1 << 3 | WireReader.LEN;
  private static final int VALUE = 2 << 3 | WireReader.LEN;
  private static final int KEY_STRINDEX = 3 << 3 | WireReader.VARINT;
  private static final int ELEMENTS = 1 << 3 | WireReader.LEN;
  private static final int STRING = 1 << 3 | WireReader.LEN;
  private static final int BOOL = 2 << 3 | WireReader.VARINT;
  private static final int INT = 3 << 3 | WireReader.VARINT;
  private static final int DOUBLE = 4 << 3 | WireReader.FIXED64;
  private static final int ARRAY = 5 << 3 | WireReader.LEN;
  private static final int KVLIST = 6 << 3 | WireReader.LEN;
  private static final int BYTES = 7 << 3 | WireReader.LEN;
  private static final int STRING_STRINDEX = 8 << 3 | WireReader.VARINT;
  private static final byte[] NULL = TextBuffer.ascii("null");
  private static final byte[] TRUE = TextBuffer.ascii("true");
  private static final byte[] FALSE = TextBuffer.ascii("false");
  private static final int MAX_RETAINED_BYTES = 1 << 20;

  private final WireReader in;
  private final boolean builds;

  /** JSON of the arrays and kvlists that the entries and the open values have. */
  private final TextBuffer texts;

  private final EntryList entries;
  private AnyValue[] open = {};
  private int openCount;

  ValueReader(WireReader in, boolean builds) {
    this(in, builds, WorkingMemory.UNLIMITED);
  }

  /** A reader whose buffers ask {@code memory} for their growth. */
  ValueReader(WireReader in, boolean builds, WorkingMemory memory) {
    this.in = in;
    this.builds = builds;
    this.texts = new TextBuffer(256, memory);
    this.entries = new EntryList(memory);
  }

  /** Forgets all values and entries. */
  void clear() {
    texts.clear();
    entries.truncate(0);
    openCount = 0;
  }

  /** Lets go of buffers that one unusual request made large. */
  void shrink() {
    texts.shrink(MAX_RETAINED_BYTES);
    entries.shrink();
    openCount = 0;
  }

  /** Begins a value; it is in force until {@link #close}, or {@link #clear()}. */
  AnyValue open() {
    if (openCount == open.length) {
      open = Arrays.copyOf(open, openCount + 8);
      for (int i = openCount; i < open.length; i++) {
        open[i] = new AnyValue();
      }
    }
    AnyValue value = open[openCount++];
    value.kind = AnyValue.NONE;
    value.textStart = texts.length();
    value.entryStart = entries.size();
    return value;
  }

  /** Reads one part of {@code value}, a message at {@code depth}. */
  void read(AnyValue value, int depth) throws WireException {
    int outer = in.begin(depth);
    while (in.hasMore()) {
      int tag = in.readTag();
      switch (tag) {
        case STRING -> {
          int length = in.readString();
          replace(value, AnyValue.STRING, 0, length);
        }
        case BOOL -> replace(value, AnyValue.BOOL, in.readBool() ? 1 : 0, 0);
        case INT -> replace(value, AnyValue.INT, in.readVarint(), 0);
        case DOUBLE -> replace(value, AnyValue.DOUBLE, in.readFixed64(), 0);
        case BYTES -> {
          int length = in.readBytes();
          replace(value, AnyValue.BYTES, 0, length);
        }
        case STRING_STRINDEX -> {
          // A reference into the dictionary of a profile; here it refers to nothing.
          in.readVarint32();
          replace(value, AnyValue.NONE, 0, 0);
        }
        case ARRAY -> readArray(value, depth + 1);
        case KVLIST -> readKvlist(value, depth + 1);
        default -> in.skip(tag, depth);
      }
    }
    in.end(outer);
  }

  private void replace(AnyValue value, byte kind, long bits, int length) {
    if (value.kind >= AnyValue.ARRAY) {
      texts.truncate(value.textStart);
      entries.truncate(value.entryStart);
    }
    value.kind = kind;
    value.bits = bits;
    value.offset = in.position() - length;
    value.length = length;
  }

  private void readArray(AnyValue value, int depth) throws WireException {
    if (value.kind != AnyValue.ARRAY) {
      replace(value, AnyValue.ARRAY, 0, 0);
      value.elements = 0;
    }
    int outer = in.begin(depth);
    while (in.hasMore()) {
      int tag = in.readTag();
      if (tag != ELEMENTS) {
        in.skip(tag, depth);
        continue;
      }
      if (builds) {
        texts.add(value.elements++ == 0 ? '[' : ',');
      }
      AnyValue element = open();
      read(element, depth + 1);
      close(element);
      if (builds && element.kind < AnyValue.ARRAY) {
        writeJson(texts, element);
      }
    }
    in.end(outer);
  }

  private void readKvlist(AnyValue value, int depth) throws WireException {
    if (value.kind != AnyValue.KVLIST) {
      replace(value, AnyValue.KVLIST, 0, 0);
    }
    int outer = in.begin(depth);
    while (in.hasMore()) {
      int tag = in.readTag();
      if (tag == ELEMENTS) {
        readKeyValue(depth + 1);
      } else {
        in.skip(tag, depth);
      }
    }
    in.end(outer);
  }

  /** Reads one {@code KeyValue}, a message at {@code depth}, into the list of entries. */
  void readKeyValue(int depth) throws WireException {
    int outer = in.begin(depth);
    int keyOffset = 0;
    int keyLength = 0;
    boolean hasValue = false;
    AnyValue value = open();
    while (in.hasMore()) {
      int tag = in.readTag();
      switch (tag) {
        case KEY -> {
          keyLength = in.readString();
          keyOffset = in.position() - keyLength;
        }
        case VALUE -> {
          hasValue = true;
          read(value, depth + 1);
        }
        case KEY_STRINDEX -> in.readVarint32();
        default -> in.skip(tag, depth);
      }
    }
    in.end(outer);
    close(value);
    if (builds && hasValue) {
      entries.add(keyOffset, keyLength, value);
    }
  }

  /** Ends the value that was opened last; an array or kvlist then has its text. */
  void close(AnyValue value) {
    openCount--;
    if (!builds || value.kind < AnyValue.ARRAY) {
      return;
    }
    if (value.kind == AnyValue.KVLIST) {
      int start = texts.length();
      writeObject(texts, value.entryStart);
      texts.cut(value.textStart, start);
    } else {
      if (value.elements == 0) {
        texts.add('[');
      }
      texts.add(']');
    }
    value.offset = value.textStart;
    value.length = texts.length() - value.textStart;
  }

  /** True if a key with a value was read. */
  boolean hasEntries() {
    return entries.size() > 0;
  }

  /** Writes all entries to {@code out} as a JSON object and points {@code slice} to it, or NULL. */
  void bindEntries(TextBuffer out, Utf8Slice slice) {
    if (!hasEntries()) {
      slice.setNull();
      return;
    }
    int start = out.length();
    writeEntries(out);
    slice.set(out.bytes(), start, out.length() - start);
  }

  /**
   * Writes all entries as a JSON object; returns how many are left of them, in {@link
   * EntryList#sorted}, readable until {@link #clear()}.
   */
  int writeEntries(TextBuffer out) {
    return writeObject(out, 0);
  }

  EntryList entries() {
    return entries;
  }

  /** Writes the entries from {@code start} on as a JSON object, and removes them from the list. */
  private int writeObject(TextBuffer out, int start) {
    int count = entries.sortAndUnite(in.bytes(), start);
    out.add('{');
    for (int i = 0; i < count; i++) {
      int entry = entries.sorted(start + i);
      if (i > 0) {
        out.add(',');
      }
      out.addQuoted(in.bytes(), entries.keyOffset(entry), entries.keyLength(entry));
      out.add(':');
      writeJson(out, entries.value(entry));
    }
    out.add('}');
    entries.truncate(start);
    return count;
  }

  /** Writes a closed value as JSON. */
  void writeJson(TextBuffer out, AnyValue value) {
    switch (value.kind) {
      case AnyValue.STRING -> out.addQuoted(in.bytes(), value.offset, value.length);
      case AnyValue.BOOL -> out.addAscii(value.bits != 0 ? TRUE : FALSE);
      case AnyValue.INT -> out.addLong(value.bits);
      case AnyValue.DOUBLE -> {
        double number = Double.longBitsToDouble(value.bits);
        if (Double.isFinite(number)) {
          out.addDouble(number);
        } else {
          out.addAscii(NULL);
        }
      }
      case AnyValue.BYTES -> {
        out.add('"');
        out.addBase64(in.bytes(), value.offset, value.length);
        out.add('"');
      }
      case AnyValue.ARRAY, AnyValue.KVLIST -> writeText(out, value);
      default -> out.addAscii(NULL);
    }
  }

  private void writeText(TextBuffer out, AnyValue value) {
    if (out == texts) {
      texts.addOwn(value.offset, value.offset + value.length);
    } else {
      out.add(texts.bytes(), value.offset, value.length);
    }
  }

  /**
   * Points {@code slice} to a closed value as plain text: a string as it is, all else as in JSON
   * without quotes, NULL where that is empty or {@code null}. Numbers are written to {@code out},
   * which has to stay as it is while the slice is used.
   */
  void bindPlain(AnyValue value, TextBuffer out, Utf8Slice slice) {
    int start = out.length();
    switch (value.kind) {
      case AnyValue.STRING -> {
        slice.setNullIfEmpty(in.bytes(), value.offset, value.length);
        return;
      }
      case AnyValue.ARRAY, AnyValue.KVLIST -> {
        slice.set(texts.bytes(), value.offset, value.length);
        return;
      }
      case AnyValue.DOUBLE -> {
        if (Double.isFinite(Double.longBitsToDouble(value.bits))) {
          writeJson(out, value);
        }
      }
      case AnyValue.BYTES -> out.addBase64(in.bytes(), value.offset, value.length);
      case AnyValue.BOOL, AnyValue.INT -> writeJson(out, value);
      default -> {
        slice.setNull();
        return;
      }
    }
    slice.setNullIfEmpty(out.bytes(), start, out.length() - start);
  }
}
