package io.duckspool.deploy.targets;

import io.duckspool.deploy.harness.Stamped;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.logs.v1.LogRecord;
import io.opentelemetry.proto.logs.v1.SeverityNumber;

/** Log records; their body begins with the stamp. */
final class LogItems {
  private static final int ALL_BITS = -1;

  private LogItems() {}

  static LogRecord record(int number) {
    String stamp = Stamped.STAMP.text(number);
    LogRecord.Builder log = LogRecord.newBuilder();
    switch (ItemParts.Fill.of(number)) {
      case FULL ->
          log.setTimeUnixNano(ItemParts.unixNanos(number))
              .setObservedTimeUnixNano(ItemParts.unixNanos(number) + 1_000)
              .setSeverityNumber(SeverityNumber.SEVERITY_NUMBER_WARN)
              .setSeverityText("WARN")
              .setEventName("item.seen")
              .setTraceId(ItemParts.id(number, 16))
              .setSpanId(ItemParts.id(number, 8))
              .setFlags(1)
              .setDroppedAttributesCount(number)
              .setBody(body(stamp + " " + "the item was seen ".repeat(10)));
      case EMPTY ->
          // The day is that of the observed time.
          log.setObservedTimeUnixNano(ItemParts.unixNanos(number)).setBody(body(stamp));
      case ODD ->
          log.setTimeUnixNano(ItemParts.unixNanos(number))
              .setSeverityNumberValue(99)
              .setSeverityText(ItemParts.ODD_TEXT)
              .setFlags(ALL_BITS)
              .setDroppedAttributesCount(ALL_BITS)
              .setBody(body(stamp + " " + ItemParts.ODD_TEXT));
    }
    return log.addAllAttributes(ItemParts.plainAttributes(number)).build();
  }

  private static AnyValue body(String text) {
    return AnyValue.newBuilder().setStringValue(text).build();
  }
}
