package io.duckspool.deploy.load;

import com.google.protobuf.ByteString;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.InstrumentationScope;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.resource.v1.Resource;
import java.util.Random;

/** What the requests of all signals have in common. */
final class Parts {
  /** The time of the first record of each request. */
  static final long UNIX_NANOS = 1_750_000_000_123_456_789L;

  private Parts() {}

  static Resource resource() {
    return Resource.newBuilder()
        .addAttributes(text("service.name", "checkout"))
        .addAttributes(text("service.namespace", "shop"))
        .addAttributes(text("service.instance.id", "checkout-7f9c"))
        .addAttributes(text("host.name", "node-17.example.net"))
        .addAttributes(text("k8s.pod.name", "checkout-7f9c-x2x4"))
        .addAttributes(text("deployment.environment.name", "production"))
        .build();
  }

  static InstrumentationScope scope() {
    return InstrumentationScope.newBuilder().setName("load").setVersion("1").build();
  }

  /** Its key sorts before those of all other attributes here, so it stands first in the table. */
  static KeyValue stamp(Stamp stamp, int k) {
    return text(Stamp.ATTRIBUTE, stamp.text(k));
  }

  static KeyValue text(String key, String value) {
    return KeyValue.newBuilder()
        .setKey(key)
        .setValue(AnyValue.newBuilder().setStringValue(value))
        .build();
  }

  /** An id that isn't all zeros. */
  static ByteString id(Random random, int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    bytes[0] |= 1;
    return ByteString.copyFrom(bytes);
  }

  /** Text of exactly so many characters that compresses as identifiers do. */
  static String words(Random random, int length) {
    StringBuilder text = new StringBuilder();
    while (text.length() < length) {
      text.append(Integer.toString(random.nextInt(), 36)).append(' ');
    }
    return text.substring(0, Math.max(0, length));
  }
}
