package io.duckspool.common.otlp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import io.duckspool.common.otlp.MessageType.Field;
import io.opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class OtlpSchemaTest {

  private final Set<String> seen = new HashSet<>();

  @Test
  void theSchema_isThatOfTheGeneratedClasses() {
    compare(ExportLogsServiceRequest.getDescriptor(), OtlpSchema.request(Signal.LOGS));
    compare(ExportTraceServiceRequest.getDescriptor(), OtlpSchema.request(Signal.TRACES));
    compare(ExportMetricsServiceRequest.getDescriptor(), OtlpSchema.request(Signal.METRICS));
    assertEquals(34, seen.size());
  }

  private void compare(Descriptor expected, MessageType actual) {
    assertEquals(expected.getName(), actual.name());
    if (!seen.add(expected.getFullName())) {
      return;
    }
    assertEquals(expected.getFields().size(), actual.fields().size(), expected.getFullName());
    for (FieldDescriptor field : expected.getFields()) {
      Field found = actual.byName(field.getName());
      assertNotNull(found, field.getFullName());
      assertEquals(found, actual.byName(field.getJsonName()));
      assertEquals(found, actual.byNumber(field.getNumber()));
      assertEquals(field.isRepeated(), found.isRepeated(), field.getFullName());
      assertEquals(kind(field), found.kind().name(), field.getFullName());
      Set<String> exclusive =
          field.getRealContainingOneof() == null
              ? Set.of(field.getName())
              : field.getContainingOneof().getFields().stream()
                  .map(FieldDescriptor::getName)
                  .collect(Collectors.toSet());
      assertEquals(
          exclusive,
          actual.fields().stream()
              .filter(other -> other.slot() == found.slot())
              .map(Field::name)
              .collect(Collectors.toSet()));
      if (field.getJavaType() == JavaType.ENUM) {
        Map<String, Integer> numbers =
            field.getEnumType().getValues().stream()
                .collect(
                    Collectors.toMap(EnumValueDescriptor::getName, EnumValueDescriptor::getNumber));
        assertEquals(numbers, found.enumNumbers());
      }
      if (field.getJavaType() == JavaType.MESSAGE) {
        compare(field.getMessageType(), found.type());
      }
    }
  }

  private static String kind(FieldDescriptor field) {
    if (field.getName().equals("trace_id")) {
      return "TRACE_ID";
    }
    return field.getName().endsWith("span_id") ? "SPAN_ID" : field.getType().name();
  }
}
