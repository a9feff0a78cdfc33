package io.duckspool.writer.servers;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Runs scripts with the libraries that {@code deploy/bin/test-all} installs: other engines, to read
 * back what was written.
 */
public final class Python {

  private static final long LIMIT_SECONDS = 120;

  private Python() {}

  /** What a script prints; a script that fails, or doesn't end, fails the test. */
  public static String run(Path folder, String script, String... arguments)
      throws IOException, InterruptedException {
    Path file = Files.writeString(folder.resolve("script.py"), script);
    Path out = folder.resolve("script.out");
    List<String> command = new ArrayList<>(List.of(program().toString(), file.toString()));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(out.toFile())
            .redirectError(folder.resolve("script.err").toFile())
            .start();
    if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new AssertionError("the script does not end");
    }
    if (process.exitValue() != 0) {
      throw new AssertionError(Files.readString(folder.resolve("script.err")));
    }
    return Files.readString(out, StandardCharsets.UTF_8);
  }

  /** Property {@code duckspool.python}, else where {@code deploy/bin/test-all} makes it. */
  private static Path program() {
    String given = System.getProperty("duckspool.python");
    Path program =
        given == null
            ? DuckDbExtensions.projectRoot().resolve("deploy/target/python/bin/python")
            : Path.of(given);
    if (!Files.isExecutable(program)) {
      throw new AssertionError("no Python in " + program + ": run deploy/bin/test-all");
    }
    return program;
  }
}
