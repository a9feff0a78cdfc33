package io.duckspool.spool.chronicle;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.LongPredicate;

/**
 * Names of the segment files in a spool's folder. Chronicle Queue names a cycle of its minute-long
 * roll cycle after the minute; a segment's number is that cycle, so segment 91,234,567 is the file
 * of minute 91,234,567 since 1970. Immutable; any thread.
 *
 * @param path the folder {@code spool} of a server
 */
record SegmentFolder(Path path) {

  private static final String SUFFIX = ".cq4";
  private static final DateTimeFormatter NAME = DateTimeFormatter.ofPattern("uuuuMMdd-HHmm");

  static SegmentFolder of(Path serverFolder) {
    return new SegmentFolder(serverFolder.resolve("spool"));
  }

  static String fileName(long segment) {
    return NAME.format(LocalDateTime.ofEpochSecond(segment * 60, 0, ZoneOffset.UTC)) + SUFFIX;
  }

  /** The file of a segment, there or not. */
  Path file(long segment) {
    return path.resolve(fileName(segment));
  }

  /** Numbers of the segments that have a file, ascending; none when there is no folder. */
  List<Long> segments() throws IOException {
    List<Long> segments = new ArrayList<>();
    if (Files.isDirectory(path)) {
      try (DirectoryStream<Path> files = Files.newDirectoryStream(path, "*" + SUFFIX)) {
        for (Path file : files) {
          numberOf(file.getFileName().toString()).ifPresent(segments::add);
        }
      }
    }
    Collections.sort(segments);
    return segments;
  }

  /**
   * Bytes of the files of some segments. An open one is larger by name than on the disk.
   *
   * @param isCounted by its number
   */
  long bytes(LongPredicate isCounted) throws IOException {
    long sum = 0;
    for (long segment : segments()) {
      if (isCounted.test(segment)) {
        sum += sizeOrZero(segment);
      }
    }
    return sum;
  }

  private long sizeOrZero(long segment) throws IOException {
    try {
      return Files.size(file(segment));
    } catch (NoSuchFileException e) {
      // The writer deleted it meanwhile.
      return 0;
    }
  }

  private static OptionalLong numberOf(String name) {
    try {
      String stem = name.substring(0, name.length() - SUFFIX.length());
      return OptionalLong.of(LocalDateTime.parse(stem, NAME).toEpochSecond(ZoneOffset.UTC) / 60);
    } catch (DateTimeException e) {
      // Not one of ours: left alone.
      return OptionalLong.empty();
    }
  }
}
