package io.duckspool.deploy.load;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.GZIPOutputStream;

/**
 * Which requests of a load are wrong on purpose. A request that would be both has the wrong token.
 *
 * @param badTokenEvery each request whose number + 1 is a multiple goes with a wrong token; 0: none
 * @param invalidEvery each request whose number + 1 is a multiple has a body that doesn't parse; 0:
 *     none
 */
public record Mistakes(long badTokenEvery, long invalidEvery) {
  /** All is right. */
  public static final Mistakes NONE = new Mistakes(0, 0);

  /** A field of length 127 of which 2 bytes are there. */
  private static final byte[] CUT_PROTOBUF = {0x0a, 0x7f, 1, 2};

  private static final byte[] CUT_JSON =
      "{\"resourceLogs\":[{\"scopeLogs\":".getBytes(StandardCharsets.US_ASCII);

  public Mistakes {
    if (badTokenEvery < 0) {
      throw new IllegalArgumentException("badTokenEvery must be >= 0, got " + badTokenEvery);
    }
    if (invalidEvery < 0) {
      throw new IllegalArgumentException("invalidEvery must be >= 0, got " + invalidEvery);
    }
  }

  boolean hasBadToken(long request) {
    return badTokenEvery > 0 && (request + 1) % badTokenEvery == 0;
  }

  boolean isInvalid(long request) {
    return !hasBadToken(request) && invalidEvery > 0 && (request + 1) % invalidEvery == 0;
  }

  /** A body that no server can parse, in the request's own type and encoding. */
  static byte[] invalidBody(StampedRequest request) {
    byte[] body = request.shape().isJson() ? CUT_JSON : CUT_PROTOBUF;
    if (!request.shape().isGzipped()) {
      return body.clone();
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(body);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }
}
