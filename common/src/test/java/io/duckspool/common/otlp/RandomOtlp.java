package io.duckspool.common.otlp;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.trace.v1.Span;
import java.util.List;
import java.util.Random;

/** Makes valid random requests that may have any field of OTLP, by the descriptors. */
public final class RandomOtlp {

  private static final List<String> KEYS =
      List.of(
          "service.name",
          "service.namespace",
          "service.instance.id",
          "a",
          "b",
          "",
          "\u00e9t\u00e9",
          "z\"\\\n\u0001",
          "\ud83e\udd86",
          "\uffee",
          "key");
  private static final List<String> TEXTS =
      List.of(
          "", "x", "some text", "\u0000\u001f\u007f\u0080", "q\"uote\\ /\t", "\ud83e\udd86 duck");
  private static final long[] LONGS = {
    0, 1, -1, 1000, 1_704_067_200_123_456_789L, Long.MAX_VALUE, Long.MIN_VALUE, 1L << 53
  };
  private static final double[] DOUBLES = {
    0,
    -0.0,
    1,
    637.704,
    1e16,
    2e-3,
    1e-7,
    Double.NaN,
    Double.POSITIVE_INFINITY,
    Double.NEGATIVE_INFINITY,
    Double.MIN_VALUE,
    Double.MAX_VALUE,
    2.2250738585072014E-308
  };

  private final Random random;

  public RandomOtlp(Random random) {
    this.random = random;
  }

  /** A request that is accepted: ids have their lengths, times and counts are below 2^63. */
  public Message request(Signal signal) {
    Message.Builder builder =
        switch (signal) {
          case LOGS -> ExportLogsServiceRequest.newBuilder();
          case TRACES -> ExportTraceServiceRequest.newBuilder();
          case METRICS -> ExportMetricsServiceRequest.newBuilder();
        };
    fill(builder, 0);
    return builder.build();
  }

  private void fill(Message.Builder builder, int depth) {
    Descriptor type = builder.getDescriptorForType();
    if (type == AnyValue.getDescriptor()) {
      fillAnyValue(builder, depth);
      return;
    }
    boolean isSpan = type == Span.getDescriptor();
    for (FieldDescriptor field : type.getFields()) {
      boolean required =
          isSpan && (field.getName().equals("trace_id") || field.getName().equals("span_id"));
      if (!required && random.nextInt(depth < 3 ? 8 : 3) == 0) {
        continue;
      }
      if (field.getContainingOneof() != null && field.getRealContainingOneof() != null) {
        List<FieldDescriptor> members = field.getContainingOneof().getFields();
        if (field != members.get(random.nextInt(members.size()))) {
          continue;
        }
      }
      if (field.isRepeated()) {
        int count = random.nextInt(4);
        for (int i = 0; i < count; i++) {
          builder.addRepeatedField(field, value(builder, field, depth));
        }
      } else {
        builder.setField(field, value(builder, field, depth));
      }
    }
  }

  private void fillAnyValue(Message.Builder builder, int depth) {
    List<FieldDescriptor> kinds = AnyValue.getDescriptor().getFields();
    FieldDescriptor kind = kinds.get(random.nextInt(depth < 9 ? kinds.size() : 4));
    if (random.nextInt(12) > 0) {
      builder.setField(kind, value(builder, kind, depth));
    }
  }

  private Object value(Message.Builder parent, FieldDescriptor field, int depth) {
    return switch (field.getType()) {
      case MESSAGE -> {
        Message.Builder child = parent.newBuilderForField(field);
        fill(child, depth + 1);
        yield child.build();
      }
      case STRING ->
          field.getName().equals("key")
              ? KEYS.get(random.nextInt(KEYS.size()))
              : TEXTS.get(random.nextInt(TEXTS.size()));
      case BYTES -> bytes(field, parent.getDescriptorForType() == Span.getDescriptor());
      case BOOL -> random.nextBoolean();
      case ENUM -> field.getEnumType().findValueByNumberCreatingIfUnknown(random.nextInt(8));
      case DOUBLE ->
          random.nextBoolean() ? DOUBLES[random.nextInt(DOUBLES.length)] : random.nextGaussian();
      case INT64, SFIXED64 ->
          random.nextBoolean() ? LONGS[random.nextInt(LONGS.length)] : random.nextLong();
      case FIXED64, UINT64 -> LONGS[random.nextInt(LONGS.length)] & Long.MAX_VALUE;
      default -> random.nextInt(4) == 0 ? random.nextInt() : random.nextInt(2000);
    };
  }

  private ByteString bytes(FieldDescriptor field, boolean ofSpan) {
    boolean isTraceId = field.getName().equals("trace_id");
    if (!isTraceId && !field.getName().endsWith("span_id")) {
      return OtlpSamples.bytes(random, random.nextInt(5));
    }
    boolean mayBeEmpty = !ofSpan || field.getName().startsWith("parent");
    if (mayBeEmpty && random.nextInt(4) == 0) {
      return ByteString.EMPTY;
    }
    return OtlpSamples.bytes(random, isTraceId ? 16 : 8);
  }
}
