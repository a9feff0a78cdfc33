package io.duckspool.deploy.cli;

import io.duckspool.common.process.ExitCode;
import io.duckspool.deploy.export.EntryExport;
import io.duckspool.deploy.export.FileRangesInput;
import io.duckspool.deploy.export.Fragment;
import io.duckspool.spool.Envelope;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.chronicle.SpoolInspection;
import io.duckspool.writer.quarantine.QuarantineNote;
import io.duckspool.writer.quarantine.QuarantinedFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.util.Optional;

/** Exports entries one by one, says which can't be had, and counts both. Used by one thread. */
final class ExportRun {

  private final ExportOptions options;
  private final EntryExport export;
  private final PrintWriter err;
  private long entryCount;
  private long rowCount;
  private long damageCount;
  private long failureCount;

  /**
   * @param export closed by its owner
   */
  ExportRun(ExportOptions options, EntryExport export, PrintWriter err) {
    this.options = options;
    this.export = export;
    this.err = err;
  }

  /** An entry of the range. */
  void entry(Envelope envelope, byte[] array, Optional<QuarantineNote> note) throws IOException {
    if (!options.wants(envelope)) {
      return;
    }
    Optional<String> fault = export.entry(envelope, array, note);
    if (fault.isPresent()) {
      fail(envelope.index().toString(), fault.get());
    } else {
      entryCount++;
      rowCount += envelope.meta().rows();
    }
  }

  /** A file of a quarantine, whatever is in it. */
  void file(QuarantinedFile file) throws IOException {
    QuarantinedFile.Content content = file.content();
    if (content instanceof QuarantinedFile.Content.Entry entry && file.fault().isEmpty()) {
      entry(entry.envelope(), entry.array(), file.note());
      return;
    }
    String name =
        file.index().map(SpoolIndex::toString).orElse(String.valueOf(file.path().getFileName()));
    if (!options.wantsBytes()) {
      fail(name, "it has no signal that could be told: export without --signal");
      return;
    }
    boolean isDamage = content instanceof QuarantinedFile.Content.Damage && file.fault().isEmpty();
    Optional<String> fault;
    try (InputStream bytes = file.openContent()) {
      fault =
          export.bytes(
              Fragment.quarantined(name, isDamage ? "damage" : "corrupt", file.note()), bytes);
    }
    if (fault.isPresent()) {
      fail(name, fault.get());
    } else {
      entryCount += file.note().map(QuarantineNote::entries).orElse(1L);
      rowCount += file.note().map(QuarantineNote::rows).orElse(0L);
    }
  }

  /** Damage of a journal; of its bytes only those of the range are wanted. */
  void damage(SpoolInspection.Problem problem, boolean isInRange) throws IOException {
    String place = "segment %d, byte %d".formatted(problem.segment(), problem.offset());
    String what =
        problem.lostEntries() == 0
            ? problem.message()
            : "%s: %,d entries with %,d rows can't be read"
                .formatted(problem.message(), problem.lostEntries(), problem.lostRows());
    if (!isInRange || problem.bytes().isEmpty()) {
      fail(place, what);
      return;
    }
    if (!options.wantsBytes()) {
      fail(place, what + "; --format raw without --signal gives the bytes");
      return;
    }
    Fragment fragment = Fragment.damage(problem);
    Optional<String> fault;
    try (InputStream bytes = new FileRangesInput(problem.bytes())) {
      fault = export.bytes(fragment, bytes);
    }
    if (fault.isPresent()) {
      fail(place, what + "; " + fault.get());
    } else {
      damageCount++;
      say(place, "%s; the bytes are in %s.damage".formatted(what, fragment.name()));
    }
  }

  /** Something that can't be had. */
  void fail(String name, String why) {
    failureCount++;
    say(name, why);
  }

  /** Says what came of it; the exit code. */
  int end() {
    err.printf(
        "exported %,d entries with %,d rows%s%s%n",
        entryCount,
        rowCount,
        damageCount == 0 ? "" : ", and the bytes of %,d damaged ranges".formatted(damageCount),
        failureCount == 0 ? "" : "; %,d could not be exported".formatted(failureCount));
    err.flush();
    return failureCount == 0 ? ExitCode.DONE : ExitCode.FAILED;
  }

  private void say(String name, String what) {
    err.println(RowTable.oneLine(name + ": " + what));
  }
}
