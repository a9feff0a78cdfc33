package io.duckspool.receiver.http;

import io.duckspool.common.otlp.ContentCoding;
import io.duckspool.receiver.ingest.ExportError;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What a request says its body is.
 *
 * @param type its media type
 * @param coding its one content coding
 */
record Negotiation(MediaType type, ContentCoding coding) {

  private static final String CODINGS = "identity, gzip, x-gzip, deflate, zstd, one at a time";

  static Negotiation of(HttpServletRequest request) throws ExportError {
    return new Negotiation(type(request), coding(request));
  }

  /** The media type where there is a known one, for the form of an error. */
  static Optional<MediaType> typeIfKnown(HttpServletRequest request) {
    String contentType = request.getHeader("Content-Type");
    return contentType == null ? Optional.empty() : MediaType.of(contentType);
  }

  private static MediaType type(HttpServletRequest request) throws ExportError {
    String contentType = request.getHeader("Content-Type");
    if (contentType == null || contentType.isBlank()) {
      throw unsupported("no Content-Type; accepted: " + MediaType.ACCEPTED);
    }
    return MediaType.of(contentType)
        .orElseThrow(
            () ->
                unsupported(
                    "Content-Type " + quoted(contentType) + "; accepted: " + MediaType.ACCEPTED));
  }

  private static ContentCoding coding(HttpServletRequest request) throws ExportError {
    List<String> headers = Collections.list(request.getHeaders("Content-Encoding"));
    String text = String.join(",", headers).strip().toLowerCase(Locale.ROOT);
    return switch (text) {
      case "", "identity" -> ContentCoding.IDENTITY;
      case "gzip", "x-gzip" -> ContentCoding.GZIP;
      case "deflate" -> ContentCoding.DEFLATE;
      case "zstd" -> ContentCoding.ZSTD;
      default -> throw unsupported("Content-Encoding " + quoted(text) + "; accepted: " + CODINGS);
    };
  }

  private static String quoted(String text) {
    return "\"" + (text.length() > 100 ? text.substring(0, 100) + "…" : text) + "\"";
  }

  private static ExportError unsupported(String message) {
    return ExportError.of(ExportError.Kind.UNSUPPORTED_MEDIA_TYPE, message);
  }
}
