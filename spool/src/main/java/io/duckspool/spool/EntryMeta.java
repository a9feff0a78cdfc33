package io.duckspool.spool;

import java.util.HexFormat;

/**
 * What the receiver knows of an entry beside its payload. The codes of signal, format and coding
 * are those of {@code io.duckspool.common.otlp}; the spool stores them and does not look inside.
 *
 * @param signal code of the signal, 0 to 255
 * @param format code of the payload's format, 0 to 255
 * @param coding code of the payload's content coding, 0 to 255
 * @param rows rows the payload becomes, 0 to 2^32-1
 * @param receivedUnixNanos when the request arrived, nanoseconds since 1970, at least 0
 * @param requestIdHigh first 8 bytes of the request's random id, big-endian
 * @param requestIdLow last 8 bytes of it
 */
public record EntryMeta(
    int signal,
    int format,
    int coding,
    long rows,
    long receivedUnixNanos,
    long requestIdHigh,
    long requestIdLow) {

  public EntryMeta {
    requireIn("signal", signal, 0xFF);
    requireIn("format", format, 0xFF);
    requireIn("coding", coding, 0xFF);
    requireIn("rows", rows, 0xFFFF_FFFFL);
    requireIn("receivedUnixNanos", receivedUnixNanos, Long.MAX_VALUE);
  }

  /** The request id as 32 lower-case hex characters. */
  public String requestId() {
    return HexFormat.of().toHexDigits(requestIdHigh) + HexFormat.of().toHexDigits(requestIdLow);
  }

  private static void requireIn(String name, long value, long max) {
    if (value < 0 || value > max) {
      throw new IllegalArgumentException(name + " must be in [0, " + max + "], got " + value);
    }
  }
}
