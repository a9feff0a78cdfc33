package io.duckspool.deploy.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.duckspool.common.config.ConfigException;
import io.duckspool.common.otlp.ContentCoding;
import io.duckspool.common.otlp.OtlpJsonWriter;
import io.duckspool.common.otlp.PayloadFormat;
import io.duckspool.common.otlp.Signal;
import io.duckspool.common.process.ExitCode;
import io.duckspool.common.server.DataFolder;
import io.duckspool.deploy.export.Payload;
import io.duckspool.spool.Envelope;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.writer.quarantine.DamagedRange;
import io.duckspool.writer.quarantine.QuarantineNote;
import io.duckspool.writer.quarantine.QuarantinedFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code duckspool quarantine show}. */
@Command(
    name = "show",
    description = {
      "Prints one JSON object: what is known of an entry in quarantine, why it is there, and its"
          + " payload as OTLP/JSON, as far as it can be read.",
      "Where it can't be read on, and of damaged bytes, some bytes are printed in hexadecimal."
    },
    mixinStandardHelpOptions = true)
final class QuarantineShowCommand implements Callable<Integer> {
  /** How messages name a place in protobuf. */
  private static final Pattern BYTE = Pattern.compile("^byte (\\d{1,10})\\b");

  @Mixin private CommonOptions common = new CommonOptions();
  @Mixin private JsonOption json = new JsonOption();

  @Parameters(paramLabel = "INDEX", description = "The entry, as quarantine list has it.")
  private String index;

  @Option(
      names = "--server",
      paramLabel = "SERVER",
      description = "The server, by its URI or its spool id; needed where several have the index.")
  private @Nullable String server;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  QuarantineShowCommand() {}

  @Override
  public Integer call() throws ConfigException, CommandFailedException, IOException {
    SpoolIndex wanted = parse(index);
    QuarantinePlace place =
        QuarantinePlace.findOne(
            new DataFolder(common.load().data()), Optional.ofNullable(server), wanted);
    QuarantinedFile file =
        place
            .file(wanted)
            .orElseThrow(
                () -> new CommandFailedException(ExitCode.FAILED, index + " was just stored"));
    PrintWriter out = spec.commandLine().getOut();
    try (JsonGenerator object = OtlpJsonWriter.generator(new PrintableWriter(out))) {
      if (!json.isSet()) {
        object.useDefaultPrettyPrinter();
      }
      object.writeStartObject();
      object.writeStringField("server", place.server());
      object.writeStringField("file", file.path().toString());
      write(object, file);
      object.writeEndObject();
    }
    out.println();
    out.flush();
    return ExitCode.DONE;
  }

  static SpoolIndex parse(String text) throws CommandFailedException {
    try {
      return SpoolIndex.parse(text);
    } catch (IllegalArgumentException e) {
      throw new CommandFailedException(ExitCode.USAGE, String.valueOf(e.getMessage()));
    }
  }

  private static void write(JsonGenerator object, QuarantinedFile file) throws IOException {
    Optional<QuarantineNote> note = file.note();
    if (note.isPresent()) {
      QuarantineNote known = note.get();
      object.writeStringField("kind", known.kind().text());
      object.writeStringField("first_index", known.first().toString());
      object.writeStringField("next_index", known.next().toString());
      object.writeNumberField("entries", known.entries());
      object.writeNumberField("rows", known.rows());
      object.writeStringField("reason", known.reason().text());
      if (!known.damagedRanges().isEmpty()) {
        writeRanges(object, known.damagedRanges());
      }
      object.writeStringField("error", known.error());
      object.writeStringField("quarantined_at", known.quarantinedAt());
    }
    if (file.fault().isPresent()) {
      object.writeStringField("file_fault", file.fault().get());
    }
    QuarantinedFile.Content content = file.content();
    if (content instanceof QuarantinedFile.Content.Entry entry) {
      writeEntry(object, entry, note.map(QuarantineNote::error).orElse(""));
      return;
    }
    if (content instanceof QuarantinedFile.Content.Unreadable unreadable) {
      object.writeStringField("content_fault", unreadable.why());
    }
    object.writeNumberField("content_bytes", file.contentBytes());
    try (InputStream in = file.openContent()) {
      byte[] first = in.readNBytes(HexDump.MAX_BYTES);
      writeLines(object, "content_dump", HexDump.lines(first, 0, first.length, 0));
    }
  }

  private static void writeRanges(JsonGenerator object, List<DamagedRange> ranges)
      throws IOException {
    object.writeArrayFieldStart("damaged_ranges");
    for (DamagedRange range : ranges) {
      object.writeStartObject();
      object.writeStringField("segment_file", range.segmentFile());
      object.writeNumberField("first_byte", range.firstByte());
      object.writeNumberField("next_byte", range.nextByte());
      object.writeEndObject();
    }
    object.writeEndArray();
  }

  private static void writeEntry(
      JsonGenerator object, QuarantinedFile.Content.Entry entry, String error) throws IOException {
    Envelope envelope = entry.envelope();
    object.writeStringField("signal", Payload.name(Signal::ofCode, envelope.meta().signal()));
    object.writeStringField(
        "format", Payload.name(PayloadFormat::ofCode, envelope.meta().format()));
    object.writeStringField(
        "encoding", Payload.name(ContentCoding::ofCode, envelope.meta().coding()));
    object.writeStringField(
        "received_at", Instant.EPOCH.plusNanos(envelope.meta().receivedUnixNanos()).toString());
    object.writeStringField("request_id", envelope.meta().requestId());
    object.writeNumberField("payload_bytes", envelope.payloadBytes());
    Payload payload = Payload.of(envelope, entry.array());
    if (payload.fault() != null) {
      object.writeStringField("decompression_fault", payload.fault());
      int from = envelope.headerBytes();
      writeLines(
          object,
          "received_dump",
          HexDump.around(
              entry.array(), from, from + envelope.payloadBytes(), payload.faultOffset()));
    }
    object.writeNumberField("decompressed_bytes", payload.length());
    Optional<Signal> signal = Payload.signal(envelope);
    Optional<PayloadFormat> format = Payload.format(envelope);
    if (signal.isEmpty() || format.isEmpty()) {
      writeDump(object, payload, 0);
      return;
    }
    object.writeFieldName("payload");
    Optional<OtlpJsonWriter.Fault> fault =
        OtlpJsonWriter.writeAsFarAsItGoes(
            signal.get(),
            format.get(),
            payload.bytes(),
            payload.offset(),
            payload.length(),
            object);
    if (fault.isPresent()) {
      object.writeStringField("payload_fault", fault.get().message());
      writeDump(object, payload, Math.max(0, fault.get().offset()));
      return;
    }
    Matcher place = BYTE.matcher(error);
    if (place.find() && Long.parseLong(place.group(1)) <= payload.length()) {
      writeDump(object, payload, Long.parseLong(place.group(1)));
    }
  }

  private static void writeDump(JsonGenerator object, Payload payload, long offset)
      throws IOException {
    writeLines(
        object,
        "payload_dump",
        HexDump.around(
            payload.bytes(), payload.offset(), payload.offset() + payload.length(), offset));
  }

  private static void writeLines(JsonGenerator object, String name, List<String> lines)
      throws IOException {
    object.writeArrayFieldStart(name);
    for (String line : lines) {
      object.writeString(line);
    }
    object.writeEndArray();
  }
}
