package io.duckspool.deploy.e2e;

import io.duckspool.deploy.harness.Distribution;
import io.duckspool.deploy.harness.Shell;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A Java home whose {@code java} does something more before it is the real one. */
final class JavaWrapper {

  private JavaWrapper() {}

  /**
   * Makes one.
   *
   * @param folder for its files
   * @param script shell; {@code $java "$@"} is the real command
   */
  static String home(Path folder, String script) {
    try {
      Path bin = Files.createDirectories(folder.resolve("bin"));
      Path java = bin.resolve("java");
      String real = Distribution.environment("").get("JAVA_HOME") + "/bin/java";
      Files.writeString(java, "#!/bin/sh\njava=" + real + "\n" + script + "\n");
      Shell.run("chmod", "755", java.toString());
      return folder.toString();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
