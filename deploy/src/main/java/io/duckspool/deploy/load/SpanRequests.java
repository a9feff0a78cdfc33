package io.duckspool.deploy.load;

import com.google.protobuf.Message;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import java.util.Random;

/** Spans that carry the stamp as an attribute. */
final class SpanRequests {
  private static final long DURATION_NANOS = 5_000_000;

  private SpanRequests() {}

  static Message of(Stamp stamp, int records) {
    var request = ExportTraceServiceRequest.newBuilder();
    var resourceSpans = request.addResourceSpansBuilder().setResource(Parts.resource());
    var scopeSpans = resourceSpans.addScopeSpansBuilder().setScope(Parts.scope());
    Random random = new Random(2);
    for (int k = 0; k < records; k++) {
      scopeSpans.addSpans(
          Span.newBuilder()
              .setName("POST /checkout")
              .setKind(Span.SpanKind.SPAN_KIND_SERVER)
              .setTraceId(Parts.id(random, 16))
              .setSpanId(Parts.id(random, 8))
              .setStartTimeUnixNano(Parts.UNIX_NANOS + k)
              .setEndTimeUnixNano(Parts.UNIX_NANOS + k + DURATION_NANOS)
              .addAttributes(Parts.stamp(stamp, k))
              .addAttributes(Parts.text("http.request.method", "POST"))
              .addEvents(Span.Event.newBuilder().setName("began").setTimeUnixNano(Parts.UNIX_NANOS))
              .setStatus(Status.newBuilder().setCode(Status.StatusCode.STATUS_CODE_OK)));
    }
    return request.build();
  }
}
