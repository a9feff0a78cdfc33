package io.duckspool.deploy.cli;

import io.duckspool.common.otlp.Signal;
import io.duckspool.common.process.ExitCode;
import io.duckspool.deploy.export.EntryExport;
import io.duckspool.deploy.export.JsonLinesExport;
import io.duckspool.deploy.export.Payload;
import io.duckspool.deploy.export.RawExport;
import io.duckspool.spool.Envelope;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolReadException;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which entries are exported, in what form, and where to. */
final class ExportOptions {
  /** The forms, as they are written on the command line. */
  enum Format {
    OTLP_JSON("otlp-json"),
    RAW("raw");

    private final String text;

    Format(String text) {
      this.text = text;
    }

    @Override
    public String toString() {
      return text;
    }
  }

  @Option(names = "--from", paramLabel = "INDEX", description = "The first entry; default: all.")
  private @Nullable String from;

  @Option(names = "--to", paramLabel = "INDEX", description = "The entry behind the last one.")
  private @Nullable String to;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description =
          "otlp-json (default): one OTLP/JSON request a line, a file for each signal; raw: each"
              + " payload as it was received, in a file of its own, with a manifest.")
  private String format = Format.OTLP_JSON.text;

  @Option(
      names = "--signal",
      paramLabel = "SIGNAL",
      description =
          "Only logs, traces or metrics; otlp-json then goes to one file, or to the standard"
              + " output.")
  private @Nullable Signal signal;

  @Option(
      names = "--output",
      paramLabel = "PATH",
      description =
          "A folder, made where there is none; with otlp-json and --signal a file. No file is"
              + " overwritten.")
  private @Nullable Path output;

  IndexRange range() throws CommandFailedException {
    return new IndexRange(
        from == null ? new SpoolIndex(0, 0) : QuarantineShowCommand.parse(from),
        to == null ? Optional.empty() : Optional.of(QuarantineShowCommand.parse(to)));
  }

  /** Whether an entry is of the signal that was asked for, if any was. */
  boolean wants(Envelope envelope) {
    return signal == null || Payload.signal(envelope).filter(signal::equals).isPresent();
  }

  /** Whether bytes are wanted that have no signal. */
  boolean wantsBytes() {
    return signal == null;
  }

  /** Gives entries to a run. */
  @FunctionalInterface
  interface Work {
    void giveTo(ExportRun run) throws IOException, SpoolReadException;
  }

  /**
   * Opens what was asked for, exports, closes it, and then says what came of it.
   *
   * @return the exit code
   * @throws CommandFailedException also where the output can't be written: it is not whole then
   */
  int run(PrintWriter err, Work work) throws CommandFailedException {
    ExportRun run;
    try (EntryExport export = open()) {
      run = new ExportRun(this, export, err);
      work.giveTo(run);
    } catch (FileAlreadyExistsException e) {
      throw new CommandFailedException(
          ExitCode.FAILED,
          e.getFile() + " is there already, and no file is overwritten: name another --output");
    } catch (NoSuchFileException e) {
      throw new CommandFailedException(ExitCode.FAILED, "no such folder: " + e.getFile());
    } catch (SpoolReadException e) {
      throw new CommandFailedException(ExitCode.FAILED, String.valueOf(e.getMessage()));
    } catch (IOException e) {
      throw new CommandFailedException(
          ExitCode.FAILED, "the export is not whole: " + e.getMessage());
    }
    return run.end();
  }

  private EntryExport open() throws CommandFailedException, IOException {
    if (format.equalsIgnoreCase(Format.RAW.text)) {
      if (output == null) {
        throw usage("--format raw needs a folder: --output DIR");
      }
      return RawExport.into(output);
    }
    if (!format.equalsIgnoreCase(Format.OTLP_JSON.text)) {
      throw usage("--format must be otlp-json or raw, got " + format);
    }
    if (output == null) {
      if (signal == null) {
        throw usage(
            "a line of OTLP/JSON doesn't tell its signal: say --output DIR for a file of each"
                + " signal, or --signal for one of them on the standard output");
      }
      // Not System.out, which keeps silent about what it can't write.
      return JsonLinesExport.to(new BufferedOutputStream(new FileOutputStream(FileDescriptor.out)));
    }
    return signal == null ? JsonLinesExport.into(output) : JsonLinesExport.toFile(signal, output);
  }

  private static CommandFailedException usage(String message) {
    return new CommandFailedException(ExitCode.USAGE, message);
  }
}
