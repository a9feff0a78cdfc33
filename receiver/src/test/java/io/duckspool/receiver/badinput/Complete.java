package io.duckspool.receiver.badinput;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.duckspool.common.otlp.OtlpSamples;
import java.util.HashMap;
import java.util.Map;

/** Messages that have every field; of a oneof the first member, of a repeated field one element. */
final class Complete {

  private static final Map<Descriptor, Message> MADE = new HashMap<>();

  private Complete() {}

  static Message of(Message empty) {
    Message made = MADE.get(empty.getDescriptorForType());
    if (made == null) {
      made = make(empty);
      MADE.put(empty.getDescriptorForType(), made);
    }
    return made;
  }

  private static Message make(Message empty) {
    Message.Builder builder = empty.toBuilder();
    for (FieldDescriptor field : empty.getDescriptorForType().getFields()) {
      boolean isLaterMember =
          field.getRealContainingOneof() != null
              && field.getRealContainingOneof().getField(0) != field;
      if (isLaterMember) {
        continue;
      }
      Object value = value(builder, field);
      if (field.isRepeated()) {
        builder.addRepeatedField(field, value);
      } else {
        builder.setField(field, value);
      }
    }
    return builder.build();
  }

  /** A value of the field, or of one of its elements, in a message of this kind. */
  static Object value(Message.Builder message, FieldDescriptor field) {
    return Site.isMessage(field) ? of(message.newBuilderForField(field).build()) : scalar(field);
  }

  /** A value that is accepted; of an id as long as it must be. */
  private static Object scalar(FieldDescriptor field) {
    return switch (field.getType()) {
      case STRING -> "text";
      case BYTES ->
          field.getName().endsWith("trace_id")
              ? OtlpSamples.id(1, 16)
              : field.getName().endsWith("span_id")
                  ? OtlpSamples.id(1, 8)
                  : ByteString.copyFrom(new byte[] {1, 2, 3});
      case BOOL -> true;
      case ENUM -> field.getEnumType().findValueByNumber(1);
      case DOUBLE -> 1.5;
      case INT64, SFIXED64, FIXED64, UINT64 ->
          field.getName().contains("time") ? OtlpSamples.BASE_TIME_NANOS : 5L;
      default -> 3;
    };
  }
}
