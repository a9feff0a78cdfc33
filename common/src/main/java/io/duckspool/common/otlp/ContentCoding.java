package io.duckspool.common.otlp;

import java.util.Locale;
import java.util.Optional;

/** How the body of an export request is compressed. */
public enum ContentCoding {
  IDENTITY(0),
  /** RFC 1952; several members are read to the end. */
  GZIP(1),
  /** RFC 1950, and raw RFC 1951 as some clients send it. */
  DEFLATE(2),
  /** RFC 8878; several frames are read to the end. */
  ZSTD(3);

  private final int code;

  ContentCoding(int code) {
    this.code = code;
  }

  /** The number of this coding in a spool envelope, 0 to 3; never reused. */
  public int code() {
    return code;
  }

  /** Reads what {@link #code()} wrote; {@link IllegalArgumentException} for any other number. */
  public static ContentCoding ofCode(int code) {
    return switch (code) {
      case 0 -> IDENTITY;
      case 1 -> GZIP;
      case 2 -> DEFLATE;
      case 3 -> ZSTD;
      default -> throw new IllegalArgumentException("coding code must be in [0, 3], got " + code);
    };
  }

  /**
   * The coding a {@code Content-Encoding} header names, in any case, surrounding blanks cut; empty
   * for one that is not supported, and for a list of several. An empty header is {@link #IDENTITY}.
   */
  public static Optional<ContentCoding> ofHeader(String header) {
    return switch (header.strip().toLowerCase(Locale.ROOT)) {
      case "", "identity" -> Optional.of(IDENTITY);
      case "gzip", "x-gzip" -> Optional.of(GZIP);
      case "deflate" -> Optional.of(DEFLATE);
      case "zstd" -> Optional.of(ZSTD);
      default -> Optional.empty();
    };
  }
}
