package io.duckspool.writer.pipeline;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** A folder that is backed up and put back. */
final class Folders {

  private Folders() {}

  /** Copies a folder with all that is in it to where nothing is. */
  static void copy(Path from, Path to) throws IOException {
    for (Path path : all(from)) {
      Files.copy(path, to.resolve(from.relativize(path).toString()));
    }
  }

  /** Puts a copy in the place of what is there. */
  static void restore(Path copy, Path folder) throws IOException {
    for (Path path : all(folder).stream().sorted(Comparator.reverseOrder()).toList()) {
      Files.delete(path);
    }
    copy(copy, folder);
  }

  /** A folder before what is in it. */
  private static List<Path> all(Path folder) throws IOException {
    try (Stream<Path> paths = Files.walk(folder)) {
      return paths.toList();
    }
  }
}
