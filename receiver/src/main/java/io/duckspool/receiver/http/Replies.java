package io.duckspool.receiver.http;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.duckspool.common.otlp.OtlpCounts;
import io.duckspool.receiver.ingest.ExportError;
import io.duckspool.spool.SpoolIndex;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The bodies of all replies of one listener, in its response mode. Immutable and thread-safe.
 *
 * <p>In mode {@code otlp} success is an empty {@code Export*ServiceResponse} and errors are a
 * {@code google.rpc.Status}, both in the request's own type (OTLP specification, OTLP/HTTP
 * Response). Its protobuf form is two fields, written here by hand:
 *
 * <pre>
 * 08 &lt;code, varint&gt;  12 &lt;length, varint&gt; &lt;message, UTF-8&gt;
 * </pre>
 */
final class Replies {

  static final String JSON = "application/json";

  private static final byte[] NOTHING = {};
  private static final byte[] EMPTY_OBJECT = {'{', '}'};

  private final boolean isOtlp;

  Replies(boolean isOtlp) {
    this.isOtlp = isOtlp;
  }

  boolean isOtlp() {
    return isOtlp;
  }

  /** For a request that was stored, or had nothing to store. */
  Reply accepted(MediaType requestType, OtlpCounts counts, Optional<SpoolIndex> index) {
    if (isOtlp) {
      byte[] body = requestType.isProtobuf() ? NOTHING : EMPTY_OBJECT;
      return new Reply(200, requestType.text(), body, index, Optional.of(counts), Optional.empty());
    }
    String body =
        "{\"status\":\"buffered\",\"rows\":"
            + counts.rows()
            + ",\"batches\":"
            + counts.tables()
            + "}";
    return new Reply(202, JSON, utf8(body), index, Optional.empty(), Optional.empty());
  }

  /** For a request that was not accepted; its type is empty where it isn't known. */
  Reply rejected(Optional<MediaType> requestType, ExportError error) {
    String type = JSON;
    byte[] body;
    if (!isOtlp) {
      body = utf8(errorJson(error.kind().code(), error.detail()));
    } else if (requestType.isPresent() && requestType.get().isProtobuf()) {
      type = requestType.get().text();
      body = statusProtobuf(error.kind().rpcCode(), error.detail());
    } else {
      type = requestType.map(MediaType::text).orElse(JSON);
      body = utf8(statusJson(error.kind().rpcCode(), error.detail()));
    }
    return new Reply(
        error.kind().status(), type, body, Optional.empty(), Optional.empty(), Optional.of(error));
  }

  /** The error body of pages that Jetty itself writes; their request's type isn't known. */
  String errorBody(ExportError error) {
    return isOtlp
        ? statusJson(error.kind().rpcCode(), error.detail())
        : errorJson(error.kind().code(), error.detail());
  }

  static String errorJson(String code, String message) {
    return "{\"error\":\"" + code + "\",\"message\":\"" + escaped(message) + "\"}";
  }

  private static String statusJson(int rpcCode, String message) {
    return "{\"code\":" + rpcCode + ",\"message\":\"" + escaped(message) + "\"}";
  }

  private static byte[] statusProtobuf(int rpcCode, String message) {
    byte[] text = utf8(message);
    ByteArrayOutputStream out = new ByteArrayOutputStream(text.length + 8);
    out.write(1 << 3);
    writeVarint(out, rpcCode);
    out.write(2 << 3 | 2);
    writeVarint(out, text.length);
    out.writeBytes(text);
    return out.toByteArray();
  }

  private static void writeVarint(ByteArrayOutputStream out, int value) {
    int rest = value;
    while (rest > 0x7F) {
      out.write(rest & 0x7F | 0x80);
      rest >>>= 7;
    }
    out.write(rest);
  }

  private static String escaped(String text) {
    return new String(JsonStringEncoder.getInstance().quoteAsString(text));
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /**
   * One reply.
   *
   * @param body owned by the reply
   * @param index where the request stands in the spool
   * @param countHeaders rows and tables, where they go into headers
   * @param error what its headers tell, for an error
   */
  record Reply(
      int status,
      String contentType,
      byte[] body,
      Optional<SpoolIndex> index,
      Optional<OtlpCounts> countHeaders,
      Optional<ExportError> error) {}
}
