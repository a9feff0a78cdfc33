package io.duckspool.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files of the repository, for the tests of the manual. */
final class Repository {
  private static final Path ROOT =
      Path.of(System.getProperty("basedir", "")).toAbsolutePath().getParent();

  private Repository() {}

  static Path path(String name) {
    return ROOT.resolve(name);
  }

  static String read(String name) throws IOException {
    return Files.readString(path(name));
  }

  /** Compares a page with what the code makes of it; {@code -Ddocs.write=true} writes it first. */
  static void assertMade(String name, String made) throws IOException {
    if (Boolean.getBoolean("docs.write")) {
      Files.createDirectories(path(name).getParent());
      Files.writeString(path(name), made);
    }
    assertEquals(made, read(name), name + " is out of date: see its head for how to make it anew");
  }
}
