package io.duckspool.deploy.targets;

import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;

/** Spans that carry the stamp as an attribute. */
final class SpanItems {
  private static final int ALL_BITS = -1;

  private SpanItems() {}

  static Span span(int number) {
    long start = ItemParts.unixNanos(number);
    Span.Builder span =
        Span.newBuilder()
            .setTraceId(ItemParts.id(number, 16))
            .setSpanId(ItemParts.id(number, 8))
            .setStartTimeUnixNano(start)
            .addAllAttributes(ItemParts.attributes(number));
    switch (ItemParts.Fill.of(number)) {
      case FULL ->
          span.setName("GET /items")
              .setEndTimeUnixNano(start + 5_000_000)
              .setParentSpanId(ItemParts.id(number + 1, 8))
              .setTraceState("vendor=1")
              .setKind(Span.SpanKind.SPAN_KIND_SERVER)
              .setStatus(
                  Status.newBuilder()
                      .setCode(Status.StatusCode.STATUS_CODE_ERROR)
                      .setMessage("no such item"))
              .setFlags(257)
              .setDroppedAttributesCount(1)
              .setDroppedEventsCount(2)
              .setDroppedLinksCount(3)
              .addEvents(event(number, start))
              .addLinks(link(number));
      case EMPTY -> span.setEndTimeUnixNano(start);
      case ODD ->
          // It ends before it begins.
          span.setName(ItemParts.ODD_TEXT)
              .setEndTimeUnixNano(start - 1)
              .setKindValue(99)
              .setStatus(Status.getDefaultInstance())
              .setFlags(ALL_BITS)
              .addEvents(Span.Event.getDefaultInstance())
              .addEvents(event(number, start));
    }
    return span.build();
  }

  private static Span.Event event(int number, long unixNanos) {
    return Span.Event.newBuilder()
        .setName("looked up")
        .setTimeUnixNano(unixNanos + 1)
        .setDroppedAttributesCount(number)
        .addAllAttributes(ItemParts.plainAttributes(number))
        .build();
  }

  private static Span.Link link(int number) {
    return Span.Link.newBuilder()
        .setTraceId(ItemParts.id(number + 2, 16))
        .setSpanId(ItemParts.id(number + 3, 8))
        .setTraceState("vendor=2")
        .setFlags(1)
        .addAllAttributes(ItemParts.plainAttributes(number))
        .build();
  }
}
