package io.duckspool.common.otlp;

import static io.duckspool.common.otlp.OtlpSamples.array;
import static io.duckspool.common.otlp.OtlpSamples.attribute;
import static io.duckspool.common.otlp.OtlpSamples.bool;
import static io.duckspool.common.otlp.OtlpSamples.bytes;
import static io.duckspool.common.otlp.OtlpSamples.id;
import static io.duckspool.common.otlp.OtlpSamples.kvlist;
import static io.duckspool.common.otlp.OtlpSamples.number;
import static io.duckspool.common.otlp.OtlpSamples.text;

import com.google.protobuf.Message;
import io.opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.EntityRef;
import io.opentelemetry.proto.common.v1.InstrumentationScope;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.logs.v1.LogRecord;
import io.opentelemetry.proto.logs.v1.ResourceLogs;
import io.opentelemetry.proto.logs.v1.ScopeLogs;
import io.opentelemetry.proto.logs.v1.SeverityNumber;
import io.opentelemetry.proto.resource.v1.Resource;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import java.util.List;

/**
 * Hand-made requests, one a signal, whose rows stand in {@code src/test/resources/golden}: every
 * field set, every kind of value, empty and missing fields, several resources and scopes.
 */
public final class GoldenRequests {

  static final long TIME = 1_704_164_645_123_456_789L;

  private GoldenRequests() {}

  /** The golden request of {@code signal}. */
  public static Message request(Signal signal) {
    return switch (signal) {
      case LOGS -> logs();
      case TRACES -> traces();
      case METRICS -> GoldenMetrics.request();
    };
  }

  /** A resource with every field, in an order that is not that of the keys. */
  static Resource fullResource() {
    return Resource.newBuilder()
        .addAttributes(attribute("service.name", "shadowed"))
        .addAttributes(attribute("service.version", "1.2.3"))
        .addAttributes(attribute("service.name", "checkout"))
        .addAttributes(attribute("service.namespace", "shop"))
        .addAttributes(attribute("service.instance.id", number(42)))
        .addAttributes(attribute("host.cores", number(8)))
        .setDroppedAttributesCount(3)
        .addEntityRefs(
            EntityRef.newBuilder()
                .setSchemaUrl("https://opentelemetry.io/schemas/1.26.0")
                .setType("service")
                .addIdKeys("service.name")
                .addDescriptionKeys("service.version"))
        .build();
  }

  static InstrumentationScope fullScope() {
    return InstrumentationScope.newBuilder()
        .setName("io.shop.checkout")
        .setVersion("4.5")
        .addAttributes(attribute("scope.key", bool(true)))
        .setDroppedAttributesCount(1)
        .build();
  }

  /** Every kind of value, keys to sort and to unite, texts to escape. */
  static List<KeyValue> everyKind() {
    return List.of(
        attribute("string", "plain"),
        attribute(
            "escapes", "q\" b\\ s/ \b\f\n\r\t nul\u0000 us\u001f del\u007f \u00e9 \ud83e\udd86"),
        attribute("empty string", ""),
        attribute("true", bool(true)),
        attribute("false", bool(false)),
        attribute("zero", number(0)),
        attribute("int max", number(Long.MAX_VALUE)),
        attribute("int min", number(Long.MIN_VALUE)),
        attribute("beyond double", number(9_007_199_254_740_993L)),
        attribute("double 1", number(1.0)),
        attribute("double 637.704", number(637.704)),
        attribute("double 1e16", number(1e16)),
        attribute("double 2e-3", number(2e-3)),
        attribute("double 2e23", number(2e23)),
        attribute("double -0", number(-0.0)),
        attribute("double nan", number(Double.NaN)),
        attribute("double inf", number(Double.POSITIVE_INFINITY)),
        attribute("double -inf", number(Double.NEGATIVE_INFINITY)),
        attribute("bytes", bytes(0xFB, 0xFF, 0, 1)),
        attribute("empty bytes", bytes()),
        attribute("array", array(text("a"), number(1), AnyValue.getDefaultInstance(), array())),
        attribute(
            "kvlist",
            kvlist(
                attribute("b", number(2)),
                attribute("a", kvlist(attribute("deep", array(bool(false))))),
                attribute("b", number(3)),
                KeyValue.newBuilder().setKey("no value").build())),
        attribute("empty kvlist", kvlist()),
        attribute("empty value", AnyValue.getDefaultInstance()),
        attribute("index", AnyValue.newBuilder().setStringValueStrindex(7).build()),
        KeyValue.newBuilder().setKey("no value").setKeyStrindex(5).build(),
        attribute("", "empty key"),
        attribute("\uffee", "three bytes"),
        attribute("\ud83e\udd86", "four bytes, behind in UTF-8, before in UTF-16"),
        attribute("\u00e9", "two bytes"),
        attribute("string", "the last one wins"));
  }

  private static Message logs() {
    ScopeLogs.Builder first = ScopeLogs.newBuilder().setScope(fullScope()).setSchemaUrl("s:1");
    first.addLogRecords(fullLog());
    first.addLogRecords(LogRecord.getDefaultInstance());
    ScopeLogs.Builder bodies = ScopeLogs.newBuilder();
    for (AnyValue body :
        List.of(
            text(""),
            bool(false),
            number(-5),
            number(1e16),
            number(Double.NaN),
            number(Double.NEGATIVE_INFINITY),
            bytes(1, 2, 3, 4),
            bytes(),
            array(text("x"), kvlist(attribute("k", number(1.5)))),
            array(),
            kvlist(attribute("b", text("\"")), attribute("a", AnyValue.getDefaultInstance())),
            kvlist(),
            AnyValue.getDefaultInstance(),
            AnyValue.newBuilder().setStringValueStrindex(1).build())) {
      bodies.addLogRecords(LogRecord.newBuilder().setBody(body));
    }
    ScopeLogs.Builder unknownSeverity =
        ScopeLogs.newBuilder()
            .setScope(InstrumentationScope.newBuilder().setName("named only"))
            .addLogRecords(
                LogRecord.newBuilder()
                    .setTimeUnixNano(999)
                    .setSeverityNumberValue(99)
                    .setFlags(-1)
                    .setDroppedAttributesCount(-2));
    Resource numberAsName =
        Resource.newBuilder()
            .addAttributes(attribute("service.name", number(7.5)))
            .addAttributes(attribute("service.namespace", ""))
            .addAttributes(attribute("service.instance.id", bytes(1, 2)))
            .build();
    return ExportLogsServiceRequest.newBuilder()
        .addResourceLogs(
            ResourceLogs.newBuilder()
                .setResource(fullResource())
                .addScopeLogs(first)
                .addScopeLogs(bodies)
                .setSchemaUrl("r:1"))
        .addResourceLogs(ResourceLogs.getDefaultInstance())
        .addResourceLogs(
            ResourceLogs.newBuilder()
                .addScopeLogs(ScopeLogs.newBuilder().setScope(fullScope()))
                .addScopeLogs(unknownSeverity))
        .addResourceLogs(
            ResourceLogs.newBuilder()
                .setResource(numberAsName)
                .addScopeLogs(
                    ScopeLogs.newBuilder()
                        .addLogRecords(LogRecord.newBuilder().setBody(text("last")))))
        .build();
  }

  private static LogRecord fullLog() {
    return LogRecord.newBuilder()
        .setTimeUnixNano(TIME)
        .setObservedTimeUnixNano(TIME + 1_000_000)
        .setSeverityNumber(SeverityNumber.SEVERITY_NUMBER_WARN2)
        .setSeverityText("WARN")
        .setBody(text("disk \"full\"\n\u0000 \ud83e\udd86"))
        .addAllAttributes(everyKind())
        .setDroppedAttributesCount(2)
        .setFlags(0x101)
        .setTraceId(id(0xA0, 16))
        .setSpanId(id(1, 8))
        .setEventName("disk.full")
        .build();
  }

  private static Message traces() {
    Span full =
        Span.newBuilder()
            .setTraceId(id(0xF0, 16))
            .setSpanId(id(0x11, 8))
            .setTraceState("vendor=1,other=2")
            .setParentSpanId(id(0x21, 8))
            .setFlags(0x300)
            .setName("GET /cart")
            .setKind(Span.SpanKind.SPAN_KIND_CLIENT)
            .setStartTimeUnixNano(TIME)
            .setEndTimeUnixNano(TIME + 1_234_567)
            .addAllAttributes(everyKind())
            .setDroppedAttributesCount(4)
            .addEvents(
                Span.Event.newBuilder()
                    .setTimeUnixNano(TIME + 10)
                    .setName("exception \"x\"")
                    .addAttributes(attribute("b", number(2)))
                    .addAttributes(attribute("a", array(bool(true))))
                    .setDroppedAttributesCount(-1))
            .addEvents(Span.Event.getDefaultInstance())
            .setDroppedEventsCount(5)
            .addLinks(
                Span.Link.newBuilder()
                    .setTraceId(id(0x31, 16))
                    .setSpanId(id(0x41, 8))
                    .setTraceState("k=\"v\"")
                    .addAttributes(attribute("link", "1"))
                    .setDroppedAttributesCount(6)
                    .setFlags(-1))
            .addLinks(Span.Link.getDefaultInstance())
            .setDroppedLinksCount(7)
            .setStatus(
                Status.newBuilder().setCode(Status.StatusCode.STATUS_CODE_ERROR).setMessage("no"))
            .build();
    Span least = Span.newBuilder().setTraceId(id(1, 16)).setSpanId(id(1, 8)).build();
    Span backwards =
        least.toBuilder()
            .setStartTimeUnixNano(Long.MAX_VALUE)
            .setEndTimeUnixNano(5)
            .setStatus(Status.getDefaultInstance())
            .setKindValue(9)
            .build();
    Span longest = least.toBuilder().setEndTimeUnixNano(Long.MAX_VALUE).build();
    return ExportTraceServiceRequest.newBuilder()
        .addResourceSpans(
            ResourceSpans.newBuilder()
                .setResource(fullResource())
                .addScopeSpans(
                    ScopeSpans.newBuilder()
                        .setScope(fullScope())
                        .addSpans(full)
                        .addSpans(least)
                        .setSchemaUrl("s:2"))
                .addScopeSpans(ScopeSpans.newBuilder().addSpans(backwards))
                .setSchemaUrl("r:2"))
        .addResourceSpans(
            ResourceSpans.newBuilder().addScopeSpans(ScopeSpans.newBuilder().addSpans(longest)))
        .build();
  }
}
