package io.duckspool.common.otlp;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.InstrumentationScope;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.logs.v1.LogRecord;
import io.opentelemetry.proto.logs.v1.ResourceLogs;
import io.opentelemetry.proto.logs.v1.ScopeLogs;
import io.opentelemetry.proto.metrics.v1.ResourceMetrics;
import io.opentelemetry.proto.metrics.v1.ScopeMetrics;
import io.opentelemetry.proto.resource.v1.Resource;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * Rows by way of the generated classes: slow, plain, and written apart from the parser. It refuses
 * what the tables can't hold with {@link Refused}.
 */
public final class OtlpOracle {

  /** A value breaks a rule of the tables, though protobuf takes it. */
  public static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Refused(String message) {
      super(message);
    }
  }

  private OtlpOracle() {}

  /** Parses with the generated classes. */
  public static Message parse(Signal signal, byte[] bytes) throws InvalidProtocolBufferException {
    return switch (signal) {
      case LOGS -> ExportLogsServiceRequest.parseFrom(bytes);
      case TRACES -> ExportTraceServiceRequest.parseFrom(bytes);
      case METRICS -> ExportMetricsServiceRequest.parseFrom(bytes);
    };
  }

  /** The rows of a request, in its order. */
  public static List<OtlpRow> rows(Message request) {
    List<OtlpRow> rows = new ArrayList<>();
    if (request instanceof ExportLogsServiceRequest logs) {
      for (ResourceLogs container : logs.getResourceLogsList()) {
        for (ScopeLogs scoped : container.getScopeLogsList()) {
          for (LogRecord log : scoped.getLogRecordsList()) {
            rows.add(log(container.getResource(), scoped.getScope(), log));
          }
        }
      }
    } else if (request instanceof ExportTraceServiceRequest traces) {
      for (ResourceSpans container : traces.getResourceSpansList()) {
        for (ScopeSpans scoped : container.getScopeSpansList()) {
          for (Span span : scoped.getSpansList()) {
            rows.add(span(container.getResource(), scoped.getScope(), span));
          }
        }
      }
    } else if (request instanceof ExportMetricsServiceRequest metrics) {
      for (ResourceMetrics container : metrics.getResourceMetricsList()) {
        for (ScopeMetrics scoped : container.getScopeMetricsList()) {
          OracleMetrics oracle = new OracleMetrics(container.getResource(), scoped.getScope());
          scoped.getMetricsList().forEach(metric -> rows.addAll(oracle.rows(metric)));
        }
      }
    }
    return rows;
  }

  private static OtlpRow log(Resource resource, InstrumentationScope scope, LogRecord log) {
    OtlpRow row =
        OtlpRow.of(OtlpTable.LOGS)
            .with("time_unix_nano", timeOrNull(log.getTimeUnixNano()))
            .with("observed_time_unix_nano", timeOrNull(log.getObservedTimeUnixNano()))
            .with("trace_id", id(log.getTraceId(), 16))
            .with("span_id", id(log.getSpanId(), 8));
    service(row, resource);
    int severity = log.getSeverityNumberValue();
    row.with("severity_number", severity == 0 ? null : severity)
        .with("severity_text", textOrNull(log.getSeverityText()))
        .with("event_name", textOrNull(log.getEventName()))
        .with("body", OracleJson.plain(log.getBody()));
    shared(row, resource, scope);
    return row.with("log_attributes", attributes(log.getAttributesList()))
        .with("dropped_attributes_count", log.getDroppedAttributesCount())
        .with("flags", log.getFlags());
  }

  private static OtlpRow span(Resource resource, InstrumentationScope scope, Span span) {
    if (span.getTraceId().isEmpty() || span.getSpanId().isEmpty()) {
      throw new Refused("a span's own ids");
    }
    long start = time(span.getStartTimeUnixNano());
    time(span.getEndTimeUnixNano());
    OtlpRow row =
        OtlpRow.of(OtlpTable.TRACES)
            .with("start_time_unix_nano", start)
            .with(
                "duration_time_unix_nano",
                span.getEndTimeUnixNano() < span.getStartTimeUnixNano()
                    ? 0L
                    : span.getEndTimeUnixNano() - span.getStartTimeUnixNano())
            .with("trace_id", id(span.getTraceId(), 16))
            .with("span_id", id(span.getSpanId(), 8))
            .with("parent_span_id", id(span.getParentSpanId(), 8))
            .with("trace_state", textOrNull(span.getTraceState()));
    service(row, resource);
    row.with("name", span.getName())
        .with("kind", span.getKindValue() == 0 ? null : span.getKindValue())
        .with("status_code", span.hasStatus() ? span.getStatus().getCodeValue() : null)
        .with("status_status_message", textOrNull(span.getStatus().getMessage()));
    shared(row, resource, scope);
    List<String> events = new ArrayList<>();
    for (Span.Event event : span.getEventsList()) {
      time(event.getTimeUnixNano());
      events.add(
          "{\"attributes\":"
              + OracleJson.object(event.getAttributesList())
              + ",\"dropped_attributes_count\":"
              + Integer.toUnsignedString(event.getDroppedAttributesCount())
              + ",\"name\":"
              + OracleJson.quote(event.getName())
              + ",\"time_unix_nano\":"
              + event.getTimeUnixNano()
              + "}");
    }
    List<String> links = new ArrayList<>();
    for (Span.Link link : span.getLinksList()) {
      links.add(
          "{\"attributes\":"
              + OracleJson.object(link.getAttributesList())
              + ",\"dropped_attributes_count\":"
              + Integer.toUnsignedString(link.getDroppedAttributesCount())
              + ",\"flags\":"
              + Integer.toUnsignedString(link.getFlags())
              + ",\"span_id\":\""
              + idOrEmpty(link.getSpanId(), 8)
              + "\",\"trace_id\":\""
              + idOrEmpty(link.getTraceId(), 16)
              + "\",\"trace_state\":"
              + OracleJson.quote(link.getTraceState())
              + "}");
    }
    return row.with("span_attributes", attributes(span.getAttributesList()))
        .with("events_json", array(events))
        .with("links_json", array(links))
        .with("dropped_attributes_count", span.getDroppedAttributesCount())
        .with("dropped_events_count", span.getDroppedEventsCount())
        .with("dropped_links_count", span.getDroppedLinksCount())
        .with("flags", span.getFlags());
  }

  static void service(OtlpRow row, Resource resource) {
    String name = lifted(resource, "service.name");
    row.with("service_name", name == null ? "unknown" : name)
        .with("service_namespace", lifted(resource, "service.namespace"))
        .with("service_instance_id", lifted(resource, "service.instance.id"));
  }

  private static String lifted(Resource resource, String key) {
    KeyValue last = null;
    for (KeyValue attribute : resource.getAttributesList()) {
      last = attribute.hasValue() && attribute.getKey().equals(key) ? attribute : last;
    }
    return last == null ? null : OracleJson.plain(last.getValue());
  }

  static void shared(OtlpRow row, Resource resource, InstrumentationScope scope) {
    row.with("resource_attributes", attributes(resource.getAttributesList()))
        .with("scope_name", textOrNull(scope.getName()))
        .with("scope_version", textOrNull(scope.getVersion()))
        .with("scope_attributes", attributes(scope.getAttributesList()));
  }

  static String attributes(List<KeyValue> attributes) {
    String json = OracleJson.object(attributes);
    return json.equals("{}") ? null : json;
  }

  static String array(List<String> elements) {
    return elements.isEmpty() ? null : "[" + String.join(",", elements) + "]";
  }

  static String textOrNull(String text) {
    return text.isEmpty() ? null : text;
  }

  static long time(long nanos) {
    if (nanos < 0) {
      throw new Refused("a time");
    }
    return nanos / 1000;
  }

  static Long timeOrNull(long nanos) {
    return nanos == 0 ? null : (Long) time(nanos);
  }

  static long count(long count) {
    if (count < 0) {
      throw new Refused("a count");
    }
    return count;
  }

  static String idOrEmpty(ByteString id, int bytes) {
    if (!id.isEmpty() && id.size() != bytes) {
      throw new Refused("an id");
    }
    return HexFormat.of().formatHex(id.toByteArray());
  }

  private static String id(ByteString id, int bytes) {
    return textOrNull(idOrEmpty(id, bytes));
  }
}
