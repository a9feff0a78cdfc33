package io.duckspool.deploy.harness;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * What the build made, and the Java it is run with: {@code -Dduckspool.java.home} (default: that of
 * the tests).
 */
public final class Distribution {
  private static final Path MODULE = Path.of(System.getProperty("basedir", "")).toAbsolutePath();

  private Distribution() {}

  /** The launcher of the distribution. */
  public static Path launcher() {
    Path launcher =
        Path.of(System.getProperty("duckspool.home", MODULE.resolve("target/duckspool").toString()))
            .resolve("bin/duckspool");
    if (!Files.isExecutable(launcher)) {
      throw new AssertionError("no distribution, run `mvn package` first: " + launcher);
    }
    return launcher;
  }

  /** The folder of the deploy module. */
  public static Path module() {
    return MODULE;
  }

  /** The Python interpreter with the OpenTelemetry SDK, which test-all installs. */
  public static Path python() {
    Path python =
        Path.of(
            System.getProperty(
                "duckspool.python", MODULE.resolve("target/python/bin/python").toString()));
    if (!Files.isExecutable(python)) {
      throw new AssertionError("no Python with the SDK, run deploy/bin/test-all: " + python);
    }
    return python;
  }

  /** JVM options for what is started often and works for seconds: half the CPU time of a start. */
  public static final String QUICK = "-XX:TieredStopAtLevel=1";

  /** The environment of a process with the Java under test and these JVM options. */
  public static Map<String, String> environment(String javaOptions) {
    return environment(javaOptions, ClassData.options());
  }

  /**
   * The environment of a process with the Java under test.
   *
   * @param javaOptions JVM options
   * @param classData more of them, for the archive of its classes
   */
  static Map<String, String> environment(String javaOptions, String classData) {
    Map<String, String> environment = new HashMap<>();
    environment.put(
        "JAVA_HOME", System.getProperty("duckspool.java.home", System.getProperty("java.home")));
    String options = (classData + " " + javaOptions).strip();
    if (!options.isEmpty()) {
      environment.put("DUCKSPOOL_JAVA_OPTS", options);
    }
    return environment;
  }
}
