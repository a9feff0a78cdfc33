package io.duckspool.receiver.http;

import com.github.luben.zstd.Zstd;
import io.duckspool.common.otlp.ContentCoding;
import io.duckspool.common.otlp.OtlpSamples;
import io.duckspool.common.otlp.PayloadFormat;
import io.opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest;
import io.opentelemetry.proto.logs.v1.LogRecord;
import io.opentelemetry.proto.logs.v1.ResourceLogs;
import io.opentelemetry.proto.logs.v1.ScopeLogs;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;

/** Bodies of export requests for tests. */
final class Payloads {

  static final String PROTOBUF = "Content-Type: application/x-protobuf";

  private Payloads() {}

  /** One log record whose request has exactly this many bytes of protobuf, at least 64. */
  static byte[] logOfSize(int bytes) {
    int filler = bytes - 64;
    while (true) {
      byte[] request = log("x".repeat(Math.max(0, filler)));
      if (request.length == bytes) {
        return request;
      }
      filler += bytes - request.length;
    }
  }

  /** Many log records as JSON, with blanks behind them up to exactly this many bytes. */
  static byte[] jsonOfSize(int bytes) throws IOException {
    int records = bytes / 1_000;
    byte[] json = OtlpSamples.write(OtlpSamples.typicalLogs(records, 1), PayloadFormat.JSON);
    while (json.length < bytes * 9L / 10 || json.length > bytes) {
      records = (int) (records * (bytes * 0.97) / json.length);
      json = OtlpSamples.write(OtlpSamples.typicalLogs(records, 1), PayloadFormat.JSON);
    }
    byte[] padded = Arrays.copyOf(json, bytes);
    Arrays.fill(padded, json.length, bytes, (byte) ' ');
    return padded;
  }

  /** One log record whose body says it. */
  static byte[] log(String body) {
    return ExportLogsServiceRequest.newBuilder()
        .addResourceLogs(
            ResourceLogs.newBuilder()
                .addScopeLogs(
                    ScopeLogs.newBuilder()
                        .addLogRecords(LogRecord.newBuilder().setBody(OtlpSamples.text(body)))))
        .build()
        .toByteArray();
  }

  static byte[] encode(ContentCoding coding, byte[] body) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    switch (coding) {
      case IDENTITY -> bytes.writeBytes(body);
      case GZIP -> write(new GZIPOutputStream(bytes), body);
      case DEFLATE -> write(new DeflaterOutputStream(bytes), body);
      case ZSTD -> bytes.writeBytes(Zstd.compress(body));
    }
    return bytes.toByteArray();
  }

  /** Deflate without the zlib frame, as some clients send it. */
  static byte[] rawDeflate(byte[] body) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    write(new DeflaterOutputStream(bytes, new Deflater(6, true)), body);
    return bytes.toByteArray();
  }

  static byte[] concat(byte[]... parts) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      bytes.writeBytes(part);
    }
    return bytes.toByteArray();
  }

  /** A body in the chunked transfer coding, in chunks of at most so many bytes. */
  static byte[] chunked(byte[] body, int chunkBytes) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int i = 0; i < body.length; i += chunkBytes) {
      int length = Math.min(chunkBytes, body.length - i);
      bytes.writeBytes((Integer.toHexString(length) + "\r\n").getBytes());
      bytes.write(body, i, length);
      bytes.writeBytes("\r\n".getBytes());
    }
    bytes.writeBytes("0\r\n\r\n".getBytes());
    return bytes.toByteArray();
  }

  private static void write(OutputStream out, byte[] body) throws IOException {
    try (out) {
      out.write(body);
    }
  }
}
