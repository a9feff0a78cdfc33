package io.duckspool.deploy.export;

import io.duckspool.common.otlp.OtlpJsonWriter;
import io.duckspool.common.otlp.PayloadFormat;
import io.duckspool.common.otlp.Signal;
import io.duckspool.spool.Envelope;
import io.duckspool.writer.quarantine.QuarantineNote;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Entries as OTLP/JSON, one export request a line: NDJSON that a receiver takes at the path of the
 * signal. A line doesn't say its signal, so each signal has an output of its own. An entry is
 * written whole or not at all.
 */
public final class JsonLinesExport implements EntryExport {

  /** Where the lines of a signal go. */
  @FunctionalInterface
  private interface Outputs {
    OutputStream open(Signal signal) throws IOException;
  }

  private final Outputs outputs;
  private final boolean isClosing;
  private final Map<Signal, OutputStream> open = new EnumMap<>(Signal.class);

  private JsonLinesExport(Outputs outputs, boolean isClosing) {
    this.outputs = outputs;
    this.isClosing = isClosing;
  }

  /**
   * Files {@code logs.ndjson}, {@code traces.ndjson}, {@code metrics.ndjson}, as they are needed.
   */
  public static JsonLinesExport into(Path folder) throws IOException {
    NewFile.folder(folder);
    return new JsonLinesExport(
        signal -> NewFile.open(folder.resolve(signal.name().toLowerCase(Locale.ROOT) + ".ndjson")),
        true);
  }

  /** One new file, for entries of one signal; made at once, so that none is overwritten. */
  public static JsonLinesExport toFile(Signal signal, Path file) throws IOException {
    JsonLinesExport export = new JsonLinesExport(any -> NewFile.open(file), true);
    export.open.put(signal, NewFile.open(file));
    return export;
  }

  /**
   * A stream, for entries of one signal.
   *
   * @param out stays open
   */
  public static JsonLinesExport to(OutputStream out) {
    return new JsonLinesExport(any -> out, false);
  }

  @Override
  public Optional<String> entry(Envelope envelope, byte[] array, Optional<QuarantineNote> note)
      throws IOException {
    Optional<Signal> signal = Payload.signal(envelope);
    Optional<PayloadFormat> format = Payload.format(envelope);
    if (signal.isEmpty() || format.isEmpty()) {
      return Optional.of("its signal or format is of a newer duckspool");
    }
    Payload payload = Payload.of(envelope, array);
    if (payload.fault() != null) {
      return Optional.of("it does not decompress: " + payload.fault());
    }
    return OtlpJsonWriter.writeLines(
            signal.get(),
            format.get(),
            payload.bytes(),
            payload.offset(),
            payload.length(),
            output(signal.get()))
        .map(OtlpJsonWriter.Fault::message);
  }

  @Override
  public Optional<String> bytes(Fragment fragment, InputStream bytes) {
    return Optional.of("it is " + fragment.kind() + ", which only --format raw gives");
  }

  @Override
  public void close() throws IOException {
    for (OutputStream output : open.values()) {
      if (isClosing) {
        output.close();
      } else {
        output.flush();
      }
    }
  }

  private OutputStream output(Signal signal) throws IOException {
    OutputStream present = open.get(signal);
    if (present == null) {
      present = outputs.open(signal);
      open.put(signal, present);
    }
    return present;
  }
}
