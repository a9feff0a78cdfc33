package io.duckspool.deploy.e2e;

import com.github.luben.zstd.Zstd;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import io.opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;

/** Small export requests of two rows, made by the official protobuf classes. Pure functions. */
final class OtlpBodies {

  static final List<String> SIGNALS = List.of("logs", "traces", "metrics");

  private static final String TRACE_ID = "ASNFZ4mrze8BI0VniavN7w==";

  private static final String LOGS =
      """
      {"resourceLogs":[{"scopeLogs":[{"logRecords":[
       {"body":{"stringValue":"a"}},{"body":{"stringValue":"b"}}]}]}]}
      """;
  private static final String TRACES =
      """
      {"resourceSpans":[{"scopeSpans":[{"spans":[
       {"traceId":"ASNFZ4mrze8BI0VniavN7w==","spanId":"ASNFZ4mrze8=","name":"a"},
       {"traceId":"ASNFZ4mrze8BI0VniavN7w==","spanId":"ASNFZ4mrzeY=","name":"b"}]}]}]}
      """;
  private static final String METRICS =
      """
      {"resourceMetrics":[{"scopeMetrics":[{"metrics":[
       {"name":"a","gauge":{"dataPoints":[{"timeUnixNano":"1","asInt":"1"}]}},
       {"name":"b","sum":{"aggregationTemporality":2,"dataPoints":[{"timeUnixNano":"1","asInt":"1"}]}}
      ]}]}]}
      """;

  private OtlpBodies() {}

  /** How many tables a request of a signal touches. */
  static int tables(String signal) {
    return signal.equals("metrics") ? 2 : 1;
  }

  /**
   * Two rows.
   *
   * @param format {@code JSON}, {@code NDJSON} or {@code PROTOBUF}
   */
  static byte[] of(String signal, String format) throws IOException {
    return switch (format) {
      case "PROTOBUF" -> message(signal).toByteArray();
      case "JSON" -> utf8(inHex(json(signal)));
      default -> utf8("\r\n" + inHex(json(signal)).replace("\n", "") + "\r\n");
    };
  }

  /** OTLP/JSON has ids in hex, where protobuf's own JSON has base 64. */
  private static String inHex(String json) {
    return json.replace(TRACE_ID, "0123456789abcdef0123456789abcdef")
        .replace("ASNFZ4mrze8=", "0123456789abcdef")
        .replace("ASNFZ4mrzeY=", "0123456789abcde6");
  }

  private static String json(String signal) {
    return switch (signal) {
      case "logs" -> LOGS;
      case "traces" -> TRACES;
      default -> METRICS;
    };
  }

  private static Message message(String signal) throws IOException {
    Message.Builder builder =
        switch (signal) {
          case "logs" -> ExportLogsServiceRequest.newBuilder();
          case "traces" -> ExportTraceServiceRequest.newBuilder();
          default -> ExportMetricsServiceRequest.newBuilder();
        };
    JsonFormat.parser().merge(json(signal), builder);
    return builder.build();
  }

  /** The body in each coding, by the coding and what is special about it. */
  static Map<String, byte[]> encoded(byte[] body) throws IOException {
    Map<String, byte[]> encoded = new LinkedHashMap<>();
    encoded.put("none", body);
    encoded.put("identity", body);
    encoded.put("gzip", gzip(body));
    encoded.put("x-gzip", gzip(body));
    encoded.put("GZip in other letters", gzip(body));
    int half = body.length / 2;
    encoded.put(
        "gzip of two members",
        concat(gzip(Arrays.copyOf(body, half)), gzip(Arrays.copyOfRange(body, half, body.length))));
    encoded.put("deflate", deflate(body, false));
    encoded.put("deflate without its frame", deflate(body, true));
    encoded.put("zstd", Zstd.compress(body));
    return encoded;
  }

  static byte[] gzip(byte[] body) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(body);
    }
    return out.toByteArray();
  }

  static byte[] deflate(byte[] body, boolean isRaw) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, isRaw);
    try (DeflaterOutputStream stream = new DeflaterOutputStream(out, deflater)) {
      stream.write(body);
    } finally {
      deflater.end();
    }
    return out.toByteArray();
  }

  /** A body of Transfer-Encoding: chunked. */
  static byte[] chunked(byte[] body) {
    return concat(utf8(Integer.toHexString(body.length) + "\r\n"), body, utf8("\r\n0\r\n\r\n"));
  }

  /** A JSON request of one log record that is this long. */
  static byte[] logOfSize(int bytes) {
    String start =
        "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"body\":{\"stringValue\":\"";
    String end = "\"}}]}]}]}";
    return utf8(start + "x".repeat(bytes - start.length() - end.length()) + end);
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] concat(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }
}
