package io.duckspool.deploy.targets;

import com.google.protobuf.ByteString;
import io.duckspool.deploy.harness.Stamped;
import io.duckspool.deploy.load.Stamp;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.ArrayValue;
import io.opentelemetry.proto.common.v1.InstrumentationScope;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.common.v1.KeyValueList;
import io.opentelemetry.proto.resource.v1.Resource;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** What items of all signals have in common. An item's number decides on all of it. */
final class ItemParts {
  /** Of the three days. */
  private static final Instant FIRST_DAY = Instant.parse("2025-12-31T00:00:00Z");

  static final int DAYS = 3;
  private static final long DAY_NANOS = Duration.ofDays(1).toNanos();

  /** What a format may trip over. */
  static final String ODD_TEXT = "\u0001\"'\\ é€😀 \n, NULL";

  private ItemParts() {}

  /** How much of an item there is. */
  enum Fill {
    FULL,
    EMPTY,
    ODD;

    static Fill of(int number) {
      return values()[number % values().length];
    }
  }

  /** Spread over the days, each day's first and last nanosecond among them. */
  static long unixNanos(int number) {
    long first = FIRST_DAY.getEpochSecond() * 1_000_000_000L;
    long day = first + number / 4 % DAYS * DAY_NANOS;
    return switch (number % 4) {
      case 0 -> day;
      case 1 -> day + DAY_NANOS - 1;
      default -> day + number * 1_234_567_891L;
    };
  }

  static Resource resource(int number) {
    Resource.Builder resource = Resource.newBuilder();
    if (number == 0) {
      resource
          .addAttributes(text("service.name", "checkout"))
          .addAttributes(text("service.namespace", "shop"))
          .addAttributes(text("service.instance.id", "checkout-7f9c"));
    }
    return resource.addAttributes(text("host.name", "node-" + number)).build();
  }

  static InstrumentationScope scope(int number) {
    return number == 0
        ? InstrumentationScope.newBuilder()
            .setName("items")
            .setVersion("1.2")
            .addAttributes(text("scope.kind", ODD_TEXT))
            .build()
        : InstrumentationScope.getDefaultInstance();
  }

  /** The stamp sorts before the others, as what reads it back wants. */
  static List<KeyValue> attributes(int number) {
    List<KeyValue> attributes = new ArrayList<>();
    attributes.add(text(Stamp.ATTRIBUTE, Stamped.STAMP.text(number)));
    attributes.addAll(plainAttributes(number));
    return attributes;
  }

  /** Values of every type, or none. */
  static List<KeyValue> plainAttributes(int number) {
    return switch (Fill.of(number)) {
      case EMPTY -> List.of();
      case FULL ->
          List.of(
              text("http.route", "/items/" + number),
              of("int", AnyValue.newBuilder().setIntValue(Long.MAX_VALUE - number)),
              of("ratio", AnyValue.newBuilder().setDoubleValue(number / 7.0)));
      case ODD ->
          List.of(
              text("odd", ODD_TEXT),
              of("odd.bool", AnyValue.newBuilder().setBoolValue(number % 2 == 0)),
              of("odd.bytes", AnyValue.newBuilder().setBytesValue(id(number, 5))),
              of("odd.list", AnyValue.newBuilder().setArrayValue(list(number))),
              of("odd.map", AnyValue.newBuilder().setKvlistValue(map(number))));
    };
  }

  private static ArrayValue list(int number) {
    return ArrayValue.newBuilder()
        .addValues(AnyValue.newBuilder().setIntValue(-number))
        .addValues(AnyValue.newBuilder().setStringValue(""))
        .build();
  }

  private static KeyValueList map(int number) {
    return KeyValueList.newBuilder().addValues(text("inner", "value " + number)).build();
  }

  static KeyValue text(String key, String value) {
    return of(key, AnyValue.newBuilder().setStringValue(value));
  }

  private static KeyValue of(String key, AnyValue.Builder value) {
    return KeyValue.newBuilder().setKey(key).setValue(value).build();
  }

  /** An id that isn't all zeros. */
  static ByteString id(int number, int length) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) (number * 31 + i * 7 + 1);
    }
    bytes[0] |= 1;
    return ByteString.copyFrom(bytes);
  }
}
