package io.duckspool.common.otlp;

import io.duckspool.common.otlp.MessageType.Field;

/**
 * Finds the fields that lead to a byte of a request, as {@code resource_logs[0].resource}. Only
 * used once a fault is found, so that the walker itself need not know where it is.
 */
final class FaultPath {

  private final boolean usesJsonNames;
  private final StringBuilder path = new StringBuilder();

  private FaultPath(boolean usesJsonNames) {
    this.usesJsonNames = usesJsonNames;
  }

  /**
   * A byte of the faulty field. Of a rule that a whole message breaks: the last byte of its length,
   * in front of its content. Of a message that ends too early: its last.
   */
  private static int target(WireException fault) {
    boolean isBefore = fault.field() != null || fault.isAtEnd();
    return isBefore ? fault.offset() - 1 : fault.offset();
  }

  /** The path to {@code fault} in a request of {@code type}; empty for the request itself. */
  static String find(
      MessageType type, byte[] bytes, int start, int length, WireException fault, boolean json) {
    FaultPath finder = new FaultPath(json);
    finder.descend(type, bytes, start, length, fault);
    String field = fault.field();
    if (field != null) {
      finder.append(json ? camelCase(type, field) : field, -1);
    }
    return finder.path.toString();
  }

  private void descend(MessageType type, byte[] bytes, int start, int length, WireException fault) {
    WireReader in = new WireReader(OtlpLimits.MAX_NESTING);
    in.reset(bytes, start, length);
    int[] counts = new int[type.fields().size()];
    try {
      while (in.hasMore()) {
        int tag = in.readTag();
        if ((tag & 7) == WireReader.END_GROUP) {
          return;
        }
        Field field = type.byNumber(tag >>> 3);
        int index =
            field != null && field.isRepeated() && !field.isPacked()
                ? counts[type.fields().indexOf(field)]++
                : -1;
        String name =
            field == null
                ? "field " + (tag >>> 3)
                : usesJsonNames ? field.jsonName() : field.name();
        int end = endOfValue(in, tag);
        int contentLength = (tag & 7) == WireReader.LEN && end >= 0 ? end - in.position() : 0;
        int content = in.position();
        boolean isWhole = fault.field() != null && fault.offset() == content;
        if (end < 0 || target(fault) < end) {
          append(name, index);
          if (field != null && field.type() != null && !isWhole && end >= 0) {
            descend(field.type(), bytes, content, contentLength, fault);
          }
          return;
        }
        in.rewind(end);
      }
    } catch (WireException e) {
      // This is where the fault is: the path ends here.
      return;
    }
  }

  /** Where the value ends that stands at the position, -1 if it is cut off; passes its length. */
  private static int endOfValue(WireReader in, int tag) {
    try {
      if ((tag & 7) == WireReader.LEN) {
        int length = in.readLength();
        return in.position() + length;
      }
      int start = in.position();
      in.skip(tag, 0);
      int end = in.position();
      in.rewind(start);
      return end;
    } catch (WireException e) {
      return -1;
    }
  }

  private void append(String name, int index) {
    path.append(path.isEmpty() ? "" : ".").append(name);
    if (index >= 0) {
      path.append('[').append(index).append(']');
    }
  }

  private static String camelCase(MessageType type, String field) {
    return new MessageType(type.name())
        .scalar(1, field, MessageType.Kind.BYTES)
        .fields()
        .get(0)
        .jsonName();
  }
}
