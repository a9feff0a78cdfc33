package io.duckspool.deploy.load;

/**
 * What a request of a load looks like.
 *
 * @param records in each request, 1 to {@link #MAX_RECORDS}
 * @param bodyBytes of each log record's body, {@link #MIN_BODY_BYTES} to {@link #MAX_BODY_BYTES};
 *     other signals have none
 * @param isJson OTLP/JSON instead of protobuf
 * @param isGzipped compressed
 */
public record RequestShape(
    LoadSignal signal, int records, int bodyBytes, boolean isJson, boolean isGzipped) {
  /** More than a server takes; a bound on this process's memory. */
  public static final int MAX_RECORDS = 100_000;

  /** A stamp with the longest run fits, and a blank behind it. */
  public static final int MIN_BODY_BYTES = 64;

  public static final int MAX_BODY_BYTES = 65_536;

  /** With this body a log record is about 555 bytes of protobuf. */
  public static final int DEFAULT_BODY_BYTES = 300;

  /** Of all records of one request together, before they are encoded. */
  private static final long MAX_REQUEST_BYTES = 256L << 20;

  public RequestShape {
    check("records", records, 1, MAX_RECORDS);
    check("bodyBytes", bodyBytes, MIN_BODY_BYTES, MAX_BODY_BYTES);
    if (signal == LoadSignal.LOGS && (long) records * bodyBytes > MAX_REQUEST_BYTES) {
      throw new IllegalArgumentException(
          "records x bodyBytes must be <= "
              + MAX_REQUEST_BYTES
              + ", got "
              + records
              + " x "
              + bodyBytes);
    }
  }

  /** Protobuf, not compressed, with bodies of the default size. */
  public static RequestShape plain(LoadSignal signal, int records) {
    return new RequestShape(signal, records, DEFAULT_BODY_BYTES, false, false);
  }

  private static void check(String name, long value, long min, long max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          name + " must be in [" + min + ", " + max + "], got " + value);
    }
  }
}
