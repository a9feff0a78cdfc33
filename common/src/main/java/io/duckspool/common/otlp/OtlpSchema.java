package io.duckspool.common.otlp;

import io.duckspool.common.otlp.MessageType.Kind;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The messages of OTLP 1 with their fields, as opentelemetry-proto has them: what JSON is read by,
 * and what the path to a fault is found with.
 */
final class OtlpSchema {

  private static final MessageType ANY_VALUE = new MessageType("AnyValue");
  private static final MessageType KEY_VALUE =
      new MessageType("KeyValue")
          .scalar(1, "key", Kind.STRING)
          .message(2, "value", ANY_VALUE)
          .scalar(3, "key_strindex", Kind.INT32);

  static {
    ANY_VALUE
        .oneof(1, "string_value", Kind.STRING)
        .oneof(2, "bool_value", Kind.BOOL)
        .oneof(3, "int_value", Kind.INT64)
        .oneof(4, "double_value", Kind.DOUBLE)
        .oneof(5, "array_value", new MessageType("ArrayValue").messages(1, "values", ANY_VALUE))
        .oneof(6, "kvlist_value", new MessageType("KeyValueList").messages(1, "values", KEY_VALUE))
        .oneof(7, "bytes_value", Kind.BYTES)
        .oneof(8, "string_value_strindex", Kind.INT32);
  }

  private static final MessageType ENTITY_REF =
      new MessageType("EntityRef")
          .scalar(1, "schema_url", Kind.STRING)
          .scalar(2, "type", Kind.STRING)
          .scalars(3, "id_keys", Kind.STRING)
          .scalars(4, "description_keys", Kind.STRING);
  private static final MessageType RESOURCE =
      new MessageType("Resource")
          .messages(1, "attributes", KEY_VALUE)
          .scalar(2, "dropped_attributes_count", Kind.UINT32)
          .messages(3, "entity_refs", ENTITY_REF);
  private static final MessageType SCOPE =
      new MessageType("InstrumentationScope")
          .scalar(1, "name", Kind.STRING)
          .scalar(2, "version", Kind.STRING)
          .messages(3, "attributes", KEY_VALUE)
          .scalar(4, "dropped_attributes_count", Kind.UINT32);

  private static final MessageType LOGS = request("Logs", "logs", "log_records", logRecord());
  private static final MessageType TRACES = request("Trace", "spans", "spans", span());
  private static final MessageType METRICS = request("Metrics", "metrics", "metrics", metric());

  private OtlpSchema() {}

  /** The export request of {@code signal}; its one field has number 1. */
  static MessageType request(Signal signal) {
    return switch (signal) {
      case LOGS -> LOGS;
      case TRACES -> TRACES;
      case METRICS -> METRICS;
    };
  }

  private static MessageType request(String signal, String plural, String items, MessageType item) {
    MessageType scoped =
        new MessageType("Scope" + camel(plural))
            .message(1, "scope", SCOPE)
            .messages(2, items, item)
            .scalar(3, "schema_url", Kind.STRING);
    MessageType container =
        new MessageType("Resource" + camel(plural))
            .message(1, "resource", RESOURCE)
            .messages(2, "scope_" + plural, scoped)
            .scalar(3, "schema_url", Kind.STRING);
    return new MessageType("Export" + signal + "ServiceRequest")
        .messages(1, "resource_" + plural, container);
  }

  private static String camel(String word) {
    return Character.toUpperCase(word.charAt(0)) + word.substring(1);
  }

  private static MessageType logRecord() {
    return new MessageType("LogRecord")
        .scalar(1, "time_unix_nano", Kind.FIXED64)
        .scalar(11, "observed_time_unix_nano", Kind.FIXED64)
        .enumeration(2, "severity_number", severityNumbers())
        .scalar(3, "severity_text", Kind.STRING)
        .message(5, "body", ANY_VALUE)
        .messages(6, "attributes", KEY_VALUE)
        .scalar(7, "dropped_attributes_count", Kind.UINT32)
        .scalar(8, "flags", Kind.FIXED32)
        .scalar(9, "trace_id", Kind.TRACE_ID)
        .scalar(10, "span_id", Kind.SPAN_ID)
        .scalar(12, "event_name", Kind.STRING);
  }

  private static MessageType span() {
    MessageType event =
        new MessageType("Event")
            .scalar(1, "time_unix_nano", Kind.FIXED64)
            .scalar(2, "name", Kind.STRING)
            .messages(3, "attributes", KEY_VALUE)
            .scalar(4, "dropped_attributes_count", Kind.UINT32);
    MessageType link =
        new MessageType("Link")
            .scalar(1, "trace_id", Kind.TRACE_ID)
            .scalar(2, "span_id", Kind.SPAN_ID)
            .scalar(3, "trace_state", Kind.STRING)
            .messages(4, "attributes", KEY_VALUE)
            .scalar(5, "dropped_attributes_count", Kind.UINT32)
            .scalar(6, "flags", Kind.FIXED32);
    MessageType status =
        new MessageType("Status")
            .scalar(2, "message", Kind.STRING)
            .enumeration(3, "code", numbered("STATUS_CODE_", "UNSET", "OK", "ERROR"));
    return new MessageType("Span")
        .scalar(1, "trace_id", Kind.TRACE_ID)
        .scalar(2, "span_id", Kind.SPAN_ID)
        .scalar(3, "trace_state", Kind.STRING)
        .scalar(4, "parent_span_id", Kind.SPAN_ID)
        .scalar(16, "flags", Kind.FIXED32)
        .scalar(5, "name", Kind.STRING)
        .enumeration(
            6,
            "kind",
            numbered(
                "SPAN_KIND_",
                "UNSPECIFIED",
                "INTERNAL",
                "SERVER",
                "CLIENT",
                "PRODUCER",
                "CONSUMER"))
        .scalar(7, "start_time_unix_nano", Kind.FIXED64)
        .scalar(8, "end_time_unix_nano", Kind.FIXED64)
        .messages(9, "attributes", KEY_VALUE)
        .scalar(10, "dropped_attributes_count", Kind.UINT32)
        .messages(11, "events", event)
        .scalar(12, "dropped_events_count", Kind.UINT32)
        .messages(13, "links", link)
        .scalar(14, "dropped_links_count", Kind.UINT32)
        .message(15, "status", status);
  }

  private static MessageType metric() {
    Map<String, Integer> temporality =
        numbered("AGGREGATION_TEMPORALITY_", "UNSPECIFIED", "DELTA", "CUMULATIVE");
    MessageType exemplar =
        new MessageType("Exemplar")
            .messages(7, "filtered_attributes", KEY_VALUE)
            .scalar(2, "time_unix_nano", Kind.FIXED64)
            .oneof(3, "as_double", Kind.DOUBLE)
            .oneof(6, "as_int", Kind.SFIXED64)
            .scalar(4, "span_id", Kind.SPAN_ID)
            .scalar(5, "trace_id", Kind.TRACE_ID);
    MessageType numberPoint = numberPoint(exemplar);
    return new MessageType("Metric")
        .scalar(1, "name", Kind.STRING)
        .scalar(2, "description", Kind.STRING)
        .scalar(3, "unit", Kind.STRING)
        .oneof(5, "gauge", new MessageType("Gauge").messages(1, "data_points", numberPoint))
        .oneof(
            7,
            "sum",
            new MessageType("Sum")
                .messages(1, "data_points", numberPoint)
                .enumeration(2, "aggregation_temporality", temporality)
                .scalar(3, "is_monotonic", Kind.BOOL))
        .oneof(
            9,
            "histogram",
            new MessageType("Histogram")
                .messages(1, "data_points", histogramPoint(exemplar))
                .enumeration(2, "aggregation_temporality", temporality))
        .oneof(
            10,
            "exponential_histogram",
            new MessageType("ExponentialHistogram")
                .messages(1, "data_points", expHistogramPoint(exemplar))
                .enumeration(2, "aggregation_temporality", temporality))
        .oneof(11, "summary", new MessageType("Summary").messages(1, "data_points", summaryPoint()))
        .messages(12, "metadata", KEY_VALUE);
  }

  private static MessageType numberPoint(MessageType exemplar) {
    return new MessageType("NumberDataPoint")
        .messages(7, "attributes", KEY_VALUE)
        .scalar(2, "start_time_unix_nano", Kind.FIXED64)
        .scalar(3, "time_unix_nano", Kind.FIXED64)
        .oneof(4, "as_double", Kind.DOUBLE)
        .oneof(6, "as_int", Kind.SFIXED64)
        .messages(5, "exemplars", exemplar)
        .scalar(8, "flags", Kind.UINT32);
  }

  private static MessageType histogramPoint(MessageType exemplar) {
    return new MessageType("HistogramDataPoint")
        .messages(9, "attributes", KEY_VALUE)
        .scalar(2, "start_time_unix_nano", Kind.FIXED64)
        .scalar(3, "time_unix_nano", Kind.FIXED64)
        .scalar(4, "count", Kind.FIXED64)
        .scalar(5, "sum", Kind.DOUBLE)
        .scalars(6, "bucket_counts", Kind.FIXED64)
        .scalars(7, "explicit_bounds", Kind.DOUBLE)
        .messages(8, "exemplars", exemplar)
        .scalar(10, "flags", Kind.UINT32)
        .scalar(11, "min", Kind.DOUBLE)
        .scalar(12, "max", Kind.DOUBLE);
  }

  private static MessageType expHistogramPoint(MessageType exemplar) {
    MessageType buckets =
        new MessageType("Buckets")
            .scalar(1, "offset", Kind.SINT32)
            .scalars(2, "bucket_counts", Kind.UINT64);
    return new MessageType("ExponentialHistogramDataPoint")
        .messages(1, "attributes", KEY_VALUE)
        .scalar(2, "start_time_unix_nano", Kind.FIXED64)
        .scalar(3, "time_unix_nano", Kind.FIXED64)
        .scalar(4, "count", Kind.FIXED64)
        .scalar(5, "sum", Kind.DOUBLE)
        .scalar(6, "scale", Kind.SINT32)
        .scalar(7, "zero_count", Kind.FIXED64)
        .message(8, "positive", buckets)
        .message(9, "negative", buckets)
        .scalar(10, "flags", Kind.UINT32)
        .messages(11, "exemplars", exemplar)
        .scalar(12, "min", Kind.DOUBLE)
        .scalar(13, "max", Kind.DOUBLE)
        .scalar(14, "zero_threshold", Kind.DOUBLE);
  }

  private static MessageType summaryPoint() {
    MessageType quantile =
        new MessageType("ValueAtQuantile")
            .scalar(1, "quantile", Kind.DOUBLE)
            .scalar(2, "value", Kind.DOUBLE);
    return new MessageType("SummaryDataPoint")
        .messages(7, "attributes", KEY_VALUE)
        .scalar(2, "start_time_unix_nano", Kind.FIXED64)
        .scalar(3, "time_unix_nano", Kind.FIXED64)
        .scalar(4, "count", Kind.FIXED64)
        .scalar(5, "sum", Kind.DOUBLE)
        .messages(6, "quantile_values", quantile)
        .scalar(8, "flags", Kind.UINT32);
  }

  /** UNSPECIFIED, then four numbers for each level. */
  private static Map<String, Integer> severityNumbers() {
    Map<String, Integer> numbers = new LinkedHashMap<>();
    numbers.put("SEVERITY_NUMBER_UNSPECIFIED", 0);
    for (String level : List.of("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")) {
      for (int i = 1; i <= 4; i++) {
        numbers.put("SEVERITY_NUMBER_" + level + (i == 1 ? "" : i), numbers.size());
      }
    }
    return numbers;
  }

  private static Map<String, Integer> numbered(String prefix, String... names) {
    Map<String, Integer> numbers = new LinkedHashMap<>();
    for (String name : names) {
      numbers.put(prefix + name, numbers.size());
    }
    return numbers;
  }
}
