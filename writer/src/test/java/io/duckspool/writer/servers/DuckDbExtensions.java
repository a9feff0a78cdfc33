package io.duckspool.writer.servers;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;

/** Where the tests find DuckDB's extensions. */
public final class DuckDbExtensions {

  private DuckDbExtensions() {}

  /**
   * The folder that {@code deploy/bin/test-all} fills: property {@code duckspool.extensions}, else
   * {@code target/extensions} of the project.
   *
   * @throws IllegalStateException it isn't there; tests that need it must not be skipped
   */
  public static Path folder() {
    String given = System.getProperty("duckspool.extensions");
    Path folder = given == null ? projectRoot().resolve("target/extensions") : Path.of(given);
    if (!Files.isDirectory(folder)) {
      throw new IllegalStateException(
          "no DuckDB extensions in "
              + folder.toAbsolutePath()
              + ": run `deploy/bin/install-duckdb-extensions target/extensions`");
    }
    return folder.toAbsolutePath();
  }

  /** Of a test's own connection that loads some of them. */
  public static Properties properties() {
    Properties properties = new Properties();
    properties.setProperty("extension_directory", folder().toString());
    // Checking their signatures takes longer than most tests.
    properties.setProperty("allow_unsigned_extensions", "true");
    return properties;
  }

  /** The checkout. */
  static Path projectRoot() {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.isDirectory(folder.resolve("deploy/bin"))) {
      folder = folder.getParent();
      if (folder == null) {
        throw new IllegalStateException("the tests run outside of the project");
      }
    }
    return folder;
  }
}
