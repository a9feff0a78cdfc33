package io.duckspool.receiver.http;

import io.duckspool.common.otlp.PayloadFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A content type of the OTLP endpoints, without its parameters.
 *
 * @param text lower case, as replies in the request's own type repeat it
 */
record MediaType(String text, PayloadFormat format) {

  private static final List<MediaType> KNOWN =
      List.of(
          new MediaType("application/x-protobuf", PayloadFormat.PROTOBUF),
          new MediaType("application/json", PayloadFormat.JSON),
          new MediaType("application/protobuf", PayloadFormat.PROTOBUF),
          new MediaType("application/otlp", PayloadFormat.PROTOBUF),
          new MediaType("application/otlp+json", PayloadFormat.JSON),
          new MediaType("application/x-ndjson", PayloadFormat.NDJSON));

  static final String ACCEPTED =
      "application/x-protobuf, application/protobuf, application/otlp, application/json,"
          + " application/otlp+json, application/x-ndjson";

  boolean isProtobuf() {
    return format == PayloadFormat.PROTOBUF;
  }

  /** Empty for a type that isn't in the list. */
  static Optional<MediaType> of(String contentType) {
    int semicolon = contentType.indexOf(';');
    String bare = semicolon < 0 ? contentType : contentType.substring(0, semicolon);
    String text = bare.strip().toLowerCase(Locale.ROOT);
    return KNOWN.stream().filter(type -> type.text.equals(text)).findFirst();
  }
}
