package io.duckspool.writer.quarantine;

import io.duckspool.spool.SpoolIndex;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Looks into a quarantine that another process may be writing to; changes nothing. */
public final class QuarantineFolder {

  private static final Comparator<QuarantinedFile> BY_INDEX =
      Comparator.comparing(
              (QuarantinedFile file) -> file.index().map(SpoolIndex::toLong).orElse(Long.MAX_VALUE))
          .thenComparing(QuarantinedFile::path);

  private QuarantineFolder() {}

  /** What a file holds: {@code [first, next)} of its spool. */
  public record Range(SpoolIndex first, SpoolIndex next) {}

  /**
   * The ranges of all files, in no order, those of what was given up among them; none when there is
   * no folder. A file whose first line can't be read stands for the one entry that its name says.
   */
  public static List<Range> ranges(Path folder) throws IOException {
    List<Range> ranges = new ArrayList<>();
    Predicate<Path> isOurs =
        file -> QuarantineStore.isQuarantined(file) || QuarantineStore.isDropped(file);
    for (QuarantinedFile file : read(folder, isOurs)) {
      file.index()
          .map(first -> new Range(first, file.note().map(QuarantineNote::next).orElse(next(first))))
          .ifPresent(ranges::add);
    }
    return ranges;
  }

  /** The files, whole or not, by their index; none when there is no folder. */
  public static List<QuarantinedFile> files(Path folder) throws IOException {
    return read(folder, QuarantineStore::isQuarantined).stream().sorted(BY_INDEX).toList();
  }

  private static List<QuarantinedFile> read(Path folder, Predicate<Path> wanted)
      throws IOException {
    List<QuarantinedFile> read = new ArrayList<>();
    if (!Files.isDirectory(folder)) {
      return read;
    }
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(wanted).toList()) {
        try {
          read.add(QuarantinedFile.read(file));
        } catch (NoSuchFileException e) {
          // It was stored, or given up, while we looked.
          continue;
        }
      }
    }
    return read;
  }

  private static SpoolIndex next(SpoolIndex first) {
    return new SpoolIndex(first.segment(), first.sequence() + 1);
  }
}
