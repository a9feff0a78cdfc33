package io.duckspool.receiver.badinput;

import com.github.luben.zstd.Zstd;
import io.duckspool.common.otlp.ContentCoding;
import io.duckspool.common.otlp.PayloadFormat;
import io.duckspool.common.otlp.Signal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;

/**
 * One request and what must come of it.
 *
 * @param name says what is wrong with it; unique
 * @param headers those of the content, whole lines
 * @param body as it is sent
 * @param decoded what the body decompresses to, for the rows of what is stored
 */
record BadCase(
    String name,
    Signal signal,
    PayloadFormat format,
    List<String> headers,
    byte[] body,
    byte[] decoded,
    Outcome outcome) {

  private static final List<List<String>> TYPES =
      List.of(
          List.of("application/x-protobuf", "application/protobuf", "application/otlp"),
          List.of(
              "application/json",
              "application/otlp+json",
              "Application/JSON; charset=utf-8",
              "application/json;charset=\"x\""),
          List.of("application/x-ndjson", "application/x-ndjson ; charset=UTF-8"));

  /** A well-compressed request, under the {@code turn}-th spelling of its content type. */
  static BadCase of(
      String name,
      Signal signal,
      PayloadFormat format,
      ContentCoding coding,
      int turn,
      byte[] decoded,
      Outcome outcome) {
    return encoded(
        name,
        signal,
        format,
        header(coding, turn),
        turn,
        encode(coding, decoded),
        decoded,
        outcome);
  }

  /** A request whose body may not be what its {@code contentEncoding} says. */
  static BadCase encoded(
      String name,
      Signal signal,
      PayloadFormat format,
      String contentEncoding,
      int turn,
      byte[] body,
      byte[] decoded,
      Outcome outcome) {
    List<String> types = TYPES.get(format.ordinal());
    List<String> headers = new ArrayList<>();
    headers.add("Content-Type: " + types.get(turn % types.size()));
    if (!contentEncoding.isEmpty()) {
      headers.add("Content-Encoding: " + contentEncoding);
    }
    return new BadCase(
        name + " (" + signal + ", " + String.join(", ", headers) + ")",
        signal,
        format,
        headers,
        body,
        decoded,
        outcome);
  }

  /** The value of {@code Content-Encoding}; empty for no such header. */
  static String header(ContentCoding coding, int turn) {
    return switch (coding) {
      case IDENTITY -> turn % 3 == 0 ? "identity" : "";
      case GZIP -> turn % 3 == 0 ? "x-gzip" : turn % 3 == 1 ? " GZIP " : "gzip";
      case DEFLATE -> "deflate";
      case ZSTD -> "zstd";
    };
  }

  static byte[] encode(ContentCoding coding, byte[] body) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      switch (coding) {
        case IDENTITY -> bytes.writeBytes(body);
        case GZIP -> write(new GZIPOutputStream(bytes), body);
        case DEFLATE -> write(new DeflaterOutputStream(bytes), body);
        case ZSTD -> bytes.writeBytes(Zstd.compress(body));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static void write(OutputStream out, byte[] body) throws IOException {
    try (out) {
      out.write(body);
    }
  }
}
