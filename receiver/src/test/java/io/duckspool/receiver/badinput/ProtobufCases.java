package io.duckspool.receiver.badinput;

import static io.duckspool.receiver.badinput.Tail.tail;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.Type;
import io.duckspool.common.otlp.ContentCoding;
import io.duckspool.common.otlp.PayloadFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Damage to each field of the protobuf schema. */
final class ProtobufCases {

  /** What is not UTF-8, and where the first wrong byte stands in it. */
  private static final Map<String, int[]> NOT_UTF8 =
      Map.of(
          "a byte of no sequence", new int[] {2, 'a', 'b', 0x80},
          "an overlong form", new int[] {0, 0xC0, 0x80},
          "a surrogate", new int[] {1, 'a', 0xED, 0xA0, 0x80},
          "above U+10FFFF", new int[] {0, 0xF4, 0x90, 0x80, 0x80},
          "a cut sequence", new int[] {3, 'a', 'b', 'c', 0xE2, 0x82});

  private final List<BadCase> cases = new ArrayList<>();

  private ProtobufCases() {}

  /** Each field under each wire type that is not its own, the two unknown ones included. */
  static List<BadCase> wrongWireTypes() {
    ProtobufCases made = new ProtobufCases();
    for (Site site : Site.all()) {
      FieldDescriptor field = site.field();
      int own = field.getLiteType().getWireType();
      for (int wireType = 0; wireType < 8; wireType++) {
        boolean isOwn = wireType == own || (wireType == Tail.LEN && field.isPackable());
        if (!isOwn) {
          Tail tail = tail().tag(field.getNumber(), wireType);
          content(tail, wireType, field.getNumber());
          made.add(site, "wire type " + wireType, tail.done());
        }
      }
    }
    return made.cases;
  }

  private static void content(Tail tail, int wireType, int number) {
    switch (wireType) {
      case Tail.VARINT -> tail.varint(1);
      case Tail.FIXED64 -> tail.fixed64(1);
      case Tail.LEN -> tail.len(new byte[] {'a', 'b', 'c'});
      case Tail.START_GROUP -> tail.tag(number, Tail.END_GROUP);
      case Tail.FIXED32 -> tail.raw(1, 0, 0, 0);
      default -> tail.raw(1);
    }
  }

  /** Varints of too many bytes, and with bits that nobody has room for, in each place of one. */
  static List<BadCase> overlongNumbers() {
    ProtobufCases made = new ProtobufCases();
    for (Site site : Site.all()) {
      FieldDescriptor field = site.field();
      int number = field.getNumber();
      int wireType = field.getLiteType().getWireType();
      if (wireType == Tail.VARINT) {
        // The tenth byte is even: else protobuf-java takes it for the last of a 64-bit number.
        for (int[] v : new int[][] {{11, 1, 0, 0}, {11, 0x7F, 0x7E, 1}, {12, 1, 0, 1}}) {
          byte[] tail = tail().tag(number, 0).varintOf(v[0], v[1], v[2], v[3]).done();
          made.add(site, "a varint of " + v[0] + " bytes from " + v[1], tail);
        }
        byte[] padded = tail().tag(number, 0).varintOf(10, 5, 0, 0).done();
        made.add(site, "a padded varint", padded);
        byte[] excess = tail().tag(number, 0).varintOf(10, 5, 0, 0x7E).done();
        made.add(site, "a varint with bits above 64", excess);
      } else if (wireType == Tail.LEN) {
        byte[] tail = tail().tag(number, 2).varintOf(11, 1, 0, 0).done();
        made.add(site, "a length of 11 bytes", tail);
        tail = tail().tag(number, 2).varintOf(6, 2, 0, 0).raw('x', 'x').done();
        made.add(site, "a padded length", tail);
        for (long length : new long[] {2, Integer.MAX_VALUE, 1L << 31, (1L << 32) - 1, -1}) {
          tail = tail().tag(number, 2).varint(length).raw(0).done();
          made.add(site, "a length of " + length, tail);
        }
      }
    }
    return made.cases;
  }

  /** Each string field with what is not UTF-8, in its last bytes. */
  static List<BadCase> notUtf8() {
    ProtobufCases made = new ProtobufCases();
    for (Site site : Site.of(Type.STRING)) {
      NOT_UTF8.forEach(
          (name, text) -> {
            byte[] bytes = bytes(text);
            byte[] body = site.protobuf(tail().tag(site.field().getNumber(), 2).len(bytes).done());
            int at = body.length - bytes.length + text[0];
            Outcome refused = Outcome.badByte(at, at, site.protobufPath());
            made.add(site, name, body, Outcome.ofProtobuf(site.signal(), body, refused));
          });
    }
    return made.cases;
  }

  /** The text of {@link #NOT_UTF8}, without what stands in front of it. */
  private static byte[] bytes(int[] text) {
    byte[] bytes = new byte[text.length - 1];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) text[i + 1];
    }
    return bytes;
  }

  /** Each double and 64-bit field at its extremes. */
  static List<BadCase> extremes() {
    ProtobufCases made = new ProtobufCases();
    double[] reals = {
      Double.NaN,
      Double.longBitsToDouble(0xFFF8_0000_0000_0001L),
      Double.POSITIVE_INFINITY,
      Double.NEGATIVE_INFINITY,
      -0.0,
      Double.MIN_VALUE,
      -Double.MAX_VALUE
    };
    for (Site site : Site.of(Type.DOUBLE)) {
      for (double real : reals) {
        long bits = Double.doubleToRawLongBits(real);
        made.add(site, real + " of " + bits, made.fixed64(site, bits));
      }
    }
    long[] whole = {0, 1, -1, Long.MAX_VALUE, Long.MIN_VALUE, 999, 1L << 32};
    for (Site site : Site.of(Type.FIXED64, Type.SFIXED64)) {
      for (long value : whole) {
        made.add(site, "the bits of " + value, made.fixed64(site, value));
      }
    }
    for (Site site :
        Site.of(Type.INT64, Type.UINT64, Type.INT32, Type.SINT32, Type.UINT32, Type.ENUM)) {
      for (long value : whole) {
        byte[] tail = tail().tag(site.field().getNumber(), 0).varint(value).done();
        made.add(site, "the varint of " + value, tail);
      }
    }
    return made.cases;
  }

  private byte[] fixed64(Site site, long bits) {
    return tail().tag(site.field().getNumber(), Tail.FIXED64).fixed64(bits).done();
  }

  /** A refusal is either in the tail, or for a rule that the field breaks with its message. */
  private void add(Site site, String name, byte[] tail) {
    byte[] body = site.protobuf(tail);
    Outcome outcome = Outcome.ofProtobuf(site.signal(), body, null);
    if (outcome == null) {
      int tailStart = body.length - tail.length;
      boolean endsGroup = (tail[0] & 7) == Tail.END_GROUP;
      String below = Site.isMessage(site.field()) ? "(?:\\.[^:]+)?" : "";
      String path = endsGroup ? site.protobufPathOfMessage() : site.protobufPath() + below;
      outcome =
          isMalformed(site, body)
              ? Outcome.badByte(tailStart, body.length, path)
              : Outcome.badByte(0, body.length, site.protobufPath() + below);
    }
    add(site, name, body, outcome);
  }

  private static boolean isMalformed(Site site, byte[] body) {
    try {
      io.duckspool.common.otlp.OtlpOracle.parse(site.signal(), body);
      return false;
    } catch (com.google.protobuf.InvalidProtocolBufferException e) {
      return true;
    }
  }

  private void add(Site site, String name, byte[] body, Outcome outcome) {
    int turn = cases.size();
    ContentCoding coding = ContentCoding.values()[turn / 2 % 4];
    cases.add(
        BadCase.of(
            name + " in " + site,
            site.signal(),
            PayloadFormat.PROTOBUF,
            coding,
            turn,
            body,
            outcome));
  }
}
