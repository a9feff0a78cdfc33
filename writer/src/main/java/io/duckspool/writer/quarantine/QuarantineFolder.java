package io.duckspool.writer.quarantine;

import com.fasterxml.jackson.databind.JsonNode;
import io.duckspool.spool.SpoolIndex;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Looks into a quarantine that another process may be writing to; changes nothing. */
public final class QuarantineFolder {
  private QuarantineFolder() {}

  /** What a file holds: {@code [first, next)} of its spool. */
  public record Range(SpoolIndex first, SpoolIndex next) {}

  /**
   * The ranges of all files, in no order; none when there is no folder. A file whose first line
   * can't be read stands for the one entry that its name says.
   */
  public static List<Range> ranges(Path folder) throws IOException {
    List<Range> ranges = new ArrayList<>();
    if (!Files.isDirectory(folder)) {
      return ranges;
    }
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(QuarantineStore::isQuarantined).toList()) {
        try {
          ranges.add(range(file));
        } catch (NoSuchFileException e) {
          // The entry was taken back while we looked: it is stored after all.
          continue;
        }
      }
    }
    return ranges;
  }

  private static Range range(Path file) throws IOException {
    JsonNode line = QuarantineStore.readFirstLine(file);
    SpoolIndex first = SpoolIndex.parse(QuarantineStore.indexOf(file));
    SpoolIndex next =
        line.has("next_index")
            ? SpoolIndex.parse(line.path("next_index").asText())
            : new SpoolIndex(first.segment(), first.sequence() + 1);
    return new Range(first, next);
  }
}
