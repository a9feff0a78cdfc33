package io.duckspool.deploy.load;

import com.google.protobuf.Message;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * An export request encoded beforehand whose records carry a {@link Stamp}: in the body of a log
 * record, in the attribute {@value Stamp#ATTRIBUTE} of a span or data point. Record k of request r
 * has the sequence number {@code r * recordCount + k}, so each request of a run and each of its
 * rows can be told from all others. Stamping writes digits in place, it doesn't encode again, nor
 * compress. Immutable; each {@link Copy} belongs to one thread.
 */
public final class StampedRequest {
  private final RequestShape shape;
  private final byte[] template;
  private final int[] offsets;
  private final GzipTemplate gzip;

  private StampedRequest(RequestShape shape, byte[] template, int[] offsets) {
    this.shape = shape;
    this.template = template;
    this.offsets = offsets;
    this.gzip = shape.isGzipped() ? GzipTemplate.of(template, offsets) : GzipTemplate.NONE;
  }

  /** Encodes a request; takes a moment for a large one. */
  public static StampedRequest of(RequestShape shape, Stamp stamp) {
    return of(shape, stamp, shape.signal().message(stamp, shape.records(), shape.bodyBytes()));
  }

  /**
   * Encodes a request with other content than the shape's.
   *
   * @param message an export request of the shape's signal, whose records carry the stamps 0, 1, 2
   *     and so on, in this order
   * @throws IllegalStateException there are fewer stamps than the shape has records
   */
  public static StampedRequest of(RequestShape shape, Stamp stamp, Message message) {
    byte[] template = shape.isJson() ? OtlpJson.encode(message) : message.toByteArray();
    int[] offsets = new int[shape.records()];
    int from = 0;
    for (int k = 0; k < offsets.length; k++) {
      byte[] mark = stamp.text(k).getBytes(StandardCharsets.US_ASCII);
      from = indexOf(template, mark, from) + mark.length;
      offsets[k] = from - Stamp.DIGITS;
    }
    return new StampedRequest(shape, template, offsets);
  }

  public RequestShape shape() {
    return shape;
  }

  /** The path of its endpoint, below the base URL. */
  public String path() {
    return shape.signal().path();
  }

  public String contentType() {
    return shape.isJson() ? "application/json" : "application/x-protobuf";
  }

  public int recordCount() {
    return offsets.length;
  }

  /** Of a body as it is sent; the same for each number. */
  public int byteCount() {
    return shape.isGzipped() ? gzip.byteCount() : template.length;
  }

  /** Of a body before it was compressed. */
  public int decodedByteCount() {
    return template.length;
  }

  /** The largest number of a request whose stamps all fit. */
  public long maxRequest() {
    return (Stamp.MAX_SEQUENCE + 1) / offsets.length - 1;
  }

  /** The body of request number {@code request}, owned by the caller. */
  public byte[] encode(long request) {
    return copy().stamped(request);
  }

  /** A body of its own for one thread to stamp over and over. */
  public Copy copy() {
    return new Copy();
  }

  /** One thread's body. */
  public final class Copy {
    private final byte[] decoded = template.clone();
    private final byte[] compressed = gzip.copy();

    private Copy() {}

    /** The body of a request, borrowed until the next call. */
    public byte[] stamped(long request) {
      if (request < 0 || request > maxRequest()) {
        throw new IllegalArgumentException(
            "request must be in [0, " + maxRequest() + "], got " + request);
      }
      long sequence = request * offsets.length;
      for (int offset : offsets) {
        Stamp.write(sequence++, decoded, offset);
      }
      if (!shape.isGzipped()) {
        return decoded;
      }
      gzip.stamp(compressed, request * offsets.length, decoded);
      return compressed;
    }
  }

  private static int indexOf(byte[] bytes, byte[] mark, int from) {
    for (int at = from; at + mark.length <= bytes.length; at++) {
      if (Arrays.equals(bytes, at, at + mark.length, mark, 0, mark.length)) {
        return at;
      }
    }
    throw new IllegalStateException("no " + new String(mark, StandardCharsets.US_ASCII));
  }
}
