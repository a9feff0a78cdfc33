package io.duckspool.spool.chronicle;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;

/** Copies of a server's folder, as a crash leaves it. */
final class Folders {

  private Folders() {}

  /** Copies what a restart would find; the private folder of the appender is not among it. */
  static void copy(Path from, Path to) throws IOException {
    Files.createDirectories(to.resolve("spool"));
    for (Path source : list(from)) {
      if (Files.isRegularFile(source)) {
        Files.copy(source, to.resolve(source.getFileName()), StandardCopyOption.REPLACE_EXISTING);
      }
    }
    for (Path source : list(from.resolve("spool"))) {
      if (Files.isRegularFile(source)) {
        Files.copy(
            source,
            to.resolve("spool").resolve(source.getFileName()),
            StandardCopyOption.REPLACE_EXISTING);
      }
    }
  }

  static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
        Files.delete(file);
      }
    }
  }

  private static List<Path> list(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }
}
