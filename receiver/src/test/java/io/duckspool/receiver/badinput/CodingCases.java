package io.duckspool.receiver.badinput;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import com.google.protobuf.Message;
import io.duckspool.common.otlp.ContentCoding;
import io.duckspool.common.otlp.OtlpSamples;
import io.duckspool.common.otlp.PayloadFormat;
import io.duckspool.common.otlp.Signal;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.Inflater;

/** Bodies that are not what their headers say, and damaged streams. */
final class CodingCases {

  /** Where gzip has its flags, of which the upper three must be zero: RFC 1952, 2.3.1.2. */
  private static final int GZIP_FLAGS = 3;

  private static final int GZIP_RESERVED_FLAGS = 0xE0;

  private final List<BadCase> cases = new ArrayList<>();

  private CodingCases() {}

  /** The place in what does not decompress: a byte of it, or how much came out before. */
  static Outcome notDecoded() {
    return Outcome.refused(
        400, "bad_request", "the body does not decompress: .+ after \\d+ decoded bytes");
  }

  /** Each coding, format and signal under the header of each other coding. */
  static List<BadCase> mislabelled() {
    CodingCases made = new CodingCases();
    for (Signal signal : Signal.values()) {
      for (PayloadFormat format : PayloadFormat.values()) {
        byte[] plain = OtlpSamples.write(request(signal), format);
        for (ContentCoding real : ContentCoding.values()) {
          byte[] body = BadCase.encode(real, plain);
          for (ContentCoding said : ContentCoding.values()) {
            Outcome outcome =
                real == said
                    ? Outcome.ofAll(request(signal))
                    : said == ContentCoding.IDENTITY ? notText(signal, format, body) : notDecoded();
            made.add(signal, format, BadCase.header(said, 1), body, plain, outcome, "as " + real);
          }
          for (String header : unsupported()) {
            made.add(signal, format, header, body, plain, unsupportedCoding(), "as " + real);
          }
        }
      }
    }
    return made.cases;
  }

  /** Compressed bytes, taken for what they hold. */
  private static Outcome notText(Signal signal, PayloadFormat format, byte[] body) {
    return format == PayloadFormat.PROTOBUF ? Outcome.ofProtobuf(signal, body) : Outcome.badText();
  }

  private static List<String> unsupported() {
    return List.of(
        "br", "gzip, gzip", "identity, gzip", "gzip;q=1.0", "deflate,zstd", "chunked", "gz", "*");
  }

  private static Outcome unsupportedCoding() {
    return Outcome.refused(
        415, "unsupported_media_type", "Content-Encoding \".+\"; accepted: identity, gzip.+");
  }

  /** Content types that nobody knows, in each signal and coding; and the wrong one of ours. */
  static List<BadCase> wrongTypes() {
    CodingCases made = new CodingCases();
    for (Signal signal : Signal.values()) {
      byte[] protobuf = request(signal).toByteArray();
      byte[] json = OtlpSamples.write(request(signal), PayloadFormat.JSON);
      for (ContentCoding coding : ContentCoding.values()) {
        made.mistyped(signal, PayloadFormat.JSON, coding, protobuf);
        made.mistyped(signal, PayloadFormat.NDJSON, coding, protobuf);
        made.mistyped(signal, PayloadFormat.PROTOBUF, coding, json);
        for (String type :
            List.of(
                "text/plain",
                "application/x-protobuf, application/json",
                "application/json+otlp",
                "application/xml",
                "json",
                "*/*",
                ";",
                "")) {
          made.unknownType(signal, coding, type, protobuf);
        }
      }
    }
    return made.cases;
  }

  private void mistyped(Signal signal, PayloadFormat said, ContentCoding coding, byte[] plain) {
    Outcome outcome = notText(signal, said, plain);
    cases.add(BadCase.of("of another format", signal, said, coding, 1, plain, outcome));
  }

  private void unknownType(Signal signal, ContentCoding coding, String type, byte[] plain) {
    String message = type.isEmpty() ? "no Content-Type; .+" : "Content-Type \".+\"; accepted: .+";
    List<String> headers = new ArrayList<>();
    headers.add("Content-Type: " + type);
    headers.add("Content-Encoding: " + BadCase.header(coding, 0));
    cases.add(
        new BadCase(
            "unknown type (" + signal + ", " + headers + ")",
            signal,
            PayloadFormat.PROTOBUF,
            headers,
            BadCase.encode(coding, plain),
            plain,
            Outcome.refused(415, "unsupported_media_type", message)));
  }

  /** One bit of each byte of a stream turned; what the JDK and zstd still decode is judged so. */
  static List<BadCase> flippedBits() {
    CodingCases made = new CodingCases();
    for (Signal signal : Signal.values()) {
      byte[] plain = request(signal).toByteArray();
      for (ContentCoding coding : ContentCoding.values()) {
        byte[] good = BadCase.encode(coding, plain);
        for (int at = 0; at < good.length; at++) {
          for (int bit : new int[] {1, 0x40}) {
            byte[] body = good.clone();
            body[at] ^= (byte) bit;
            made.judged(signal, coding, body, "bit " + bit + " of byte " + at);
          }
        }
      }
    }
    return made.cases;
  }

  /** Something behind the end of each stream, and streams of several members. */
  static List<BadCase> trailing() {
    CodingCases made = new CodingCases();
    for (Signal signal : Signal.values()) {
      byte[] plain = request(signal).toByteArray();
      for (ContentCoding coding : ContentCoding.values()) {
        byte[] good = BadCase.encode(coding, plain);
        byte[] twice = Arrays.copyOf(good, good.length * 2);
        System.arraycopy(good, 0, twice, good.length, good.length);
        boolean hasMembers = coding == ContentCoding.GZIP || coding == ContentCoding.ZSTD;
        if (hasMembers || coding == ContentCoding.IDENTITY) {
          Outcome both = Outcome.ofAll(request(signal), request(signal));
          byte[] decoded = request(signal).toByteArray();
          byte[] all = Arrays.copyOf(decoded, decoded.length * 2);
          System.arraycopy(decoded, 0, all, decoded.length, decoded.length);
          made.add(signal, coding, twice, all, both, "two members");
        } else {
          made.add(signal, coding, twice, plain, notDecoded(), "two streams");
        }
        if (coding != ContentCoding.IDENTITY) {
          for (int garbage : new int[] {0, 1, 0x1F, 0x28, 0x78, 0xFF}) {
            byte[] longer = Arrays.copyOf(good, good.length + 1);
            longer[good.length] = (byte) garbage;
            made.add(signal, coding, longer, plain, notDecoded(), "and byte " + garbage);
          }
        }
      }
      made.add(
          signal,
          ContentCoding.DEFLATE,
          raw(plain),
          plain,
          Outcome.ofAll(request(signal)),
          "without zlib's frame");
    }
    return made.cases;
  }

  private static byte[] raw(byte[] plain) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DeflaterOutputStream out = new DeflaterOutputStream(bytes, new Deflater(6, true))) {
      out.write(plain);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private void judged(Signal signal, ContentCoding coding, byte[] body, String name) {
    Optional<byte[]> decoded = decode(coding, body);
    byte[] plain = decoded.orElse(new byte[0]);
    Outcome outcome =
        decoded.isPresent() ? Outcome.ofProtobuf(signal, plain) : CodingCases.notDecoded();
    add(signal, coding, body, plain, outcome, name);
  }

  /** What other decoders make of a stream; empty if it is damaged, or not whole. */
  private static Optional<byte[]> decode(ContentCoding coding, byte[] body) {
    try {
      return switch (coding) {
        case IDENTITY -> Optional.of(body);
        case GZIP -> {
          byte[] plain = new GZIPInputStream(new ByteArrayInputStream(body)).readAllBytes();
          boolean isReserved = (body[GZIP_FLAGS] & GZIP_RESERVED_FLAGS) != 0;
          yield isReserved ? Optional.empty() : Optional.of(plain);
        }
        case DEFLATE -> inflate(body);
        case ZSTD -> Optional.of(Zstd.decompress(body, 1 << 20));
      };
    } catch (IOException | ZstdException e) {
      return Optional.empty();
    }
  }

  /** RFC 1950 if its two bytes say so, else RFC 1951; and nothing may follow. */
  private static Optional<byte[]> inflate(byte[] body) {
    int header = (body[0] & 0xFF) << 8 | body[1] & 0xFF;
    boolean isZlib = header % 31 == 0 && (header >> 8 & 0xF) == 8 && header >> 12 <= 7;
    Inflater inflater = new Inflater(!isZlib);
    try {
      inflater.setInput(body);
      byte[] plain = new byte[1 << 20];
      int length = inflater.inflate(plain);
      return inflater.finished() && inflater.getRemaining() == 0
          ? Optional.of(Arrays.copyOf(plain, length))
          : Optional.empty();
    } catch (DataFormatException e) {
      return Optional.empty();
    } finally {
      inflater.end();
    }
  }

  private static Message request(Signal signal) {
    return Small.request(signal);
  }

  private void add(
      Signal signal, ContentCoding coding, byte[] body, byte[] plain, Outcome o, String name) {
    add(signal, PayloadFormat.PROTOBUF, BadCase.header(coding, 1), body, plain, o, name);
  }

  private void add(
      Signal signal,
      PayloadFormat format,
      String header,
      byte[] body,
      byte[] plain,
      Outcome outcome,
      String name) {
    cases.add(BadCase.encoded(name, signal, format, header, 1, body, plain, outcome));
  }
}
