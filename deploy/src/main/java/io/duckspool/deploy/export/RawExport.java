package io.duckspool.deploy.export;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.duckspool.common.otlp.ContentCoding;
import io.duckspool.common.otlp.PayloadFormat;
import io.duckspool.common.otlp.Signal;
import io.duckspool.spool.Envelope;
import io.duckspool.writer.quarantine.DamagedRange;
import io.duckspool.writer.quarantine.QuarantineNote;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;

/**
 * Payloads as they were received, each in a file of its own:
 *
 * <pre>
 * 60000001-7.logs.protobuf.gzip      index, signal, format, encoding (identity: none)
 * 60000001-9.damage                  bytes in which no entry can be read
 * manifest.ndjson                    an object a file: what is known of it
 * </pre>
 */
public final class RawExport implements EntryExport {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path folder;
  private final OutputStream manifest;

  private RawExport(Path folder, OutputStream manifest) {
    this.folder = folder;
    this.manifest = manifest;
  }

  /** New files in a folder, which is made where there is none. */
  public static RawExport into(Path folder) throws IOException {
    NewFile.folder(folder);
    return new RawExport(folder, NewFile.open(folder.resolve("manifest.ndjson")));
  }

  @Override
  public Optional<String> entry(Envelope envelope, byte[] array, Optional<QuarantineNote> note)
      throws IOException {
    String signal = Payload.name(Signal::ofCode, envelope.meta().signal());
    String format = Payload.name(PayloadFormat::ofCode, envelope.meta().format());
    String encoding = Payload.name(ContentCoding::ofCode, envelope.meta().coding());
    String file =
        envelope.index()
            + "."
            + signal
            + "."
            + format
            + (encoding.equals("identity") ? "" : "." + encoding);
    long bytes =
        write(
            file, new ByteArrayInputStream(array, envelope.headerBytes(), envelope.payloadBytes()));
    ObjectNode line = JSON.createObjectNode();
    line.put("file", file);
    line.put("bytes", bytes);
    line.put("kind", "entry");
    line.put("index", envelope.index().toString());
    line.put("signal", signal);
    line.put("format", format);
    line.put("encoding", encoding);
    line.put("rows", envelope.meta().rows());
    line.put(
        "received_at", Instant.EPOCH.plusNanos(envelope.meta().receivedUnixNanos()).toString());
    line.put("request_id", envelope.meta().requestId());
    line.put("crc32c", "%08x".formatted(envelope.payloadCrc()));
    write(line, note);
    return Optional.empty();
  }

  @Override
  public Optional<String> bytes(Fragment fragment, InputStream bytes) throws IOException {
    String file = fragment.name() + "." + fragment.kind();
    ObjectNode line = JSON.createObjectNode();
    line.put("file", file);
    line.put("bytes", write(file, bytes));
    line.put("kind", fragment.kind());
    fragment
        .lost()
        .ifPresent(
            lost -> {
              line.put("first_index", lost.first().toString());
              line.put("next_index", lost.next().toString());
              line.put("entries", lost.entries());
              line.put("rows", lost.rows());
            });
    if (!fragment.ranges().isEmpty()) {
      line.set("damaged_ranges", DamagedRange.json(fragment.ranges()));
    }
    write(line, fragment.note());
    return Optional.empty();
  }

  @Override
  public void close() throws IOException {
    manifest.close();
  }

  private long write(String file, InputStream bytes) throws IOException {
    try (OutputStream out = NewFile.open(folder.resolve(file))) {
      return bytes.transferTo(out);
    }
  }

  private void write(ObjectNode line, Optional<QuarantineNote> note) throws IOException {
    note.ifPresent(
        known -> {
          line.put("reason", known.reason().text());
          line.put("error", known.error());
          line.put("quarantined_at", known.quarantinedAt());
        });
    manifest.write((line + "\n").getBytes(StandardCharsets.UTF_8));
  }
}
