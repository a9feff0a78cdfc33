package io.duckspool.deploy.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Runs a short command to its end. */
public final class Shell {
  private Shell() {}

  /** What a command left behind; both streams in one text. */
  public record Outcome(int exitCode, String output) {}

  /** Runs the command and returns its output, or fails with it. */
  public static String run(List<String> command) {
    Outcome outcome = outcome(command, Map.of());
    if (outcome.exitCode() != 0) {
      throw new AssertionError(
          "exit code "
              + outcome.exitCode()
              + " of "
              + String.join(" ", command)
              + "\n"
              + outcome.output());
    }
    return outcome.output();
  }

  public static String run(String... command) {
    return run(List.of(command));
  }

  /** Runs the command, its output and exit code are for the caller to judge. */
  public static Outcome outcome(List<String> command, Map<String, String> environment) {
    try {
      ProcessBuilder builder = new ProcessBuilder(new ArrayList<>(command));
      builder.redirectErrorStream(true);
      builder.environment().putAll(environment);
      Process process = builder.start();
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return new Outcome(process.waitFor(), output);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted: " + command, e);
    }
  }
}
