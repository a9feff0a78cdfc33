package io.duckspool.deploy.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * One process started by the launcher, its output in a file. The launcher replaces itself by the
 * JVM, so the process id is the JVM's.
 */
public final class DuckspoolProcess implements AutoCloseable {
  private static final int TAIL_CHARS = 12_000;

  private final String name;
  private final Process process;
  private final Path log;
  private final long logStart;

  private DuckspoolProcess(String name, Process process, Path log, long logStart) {
    this.name = name;
    this.process = process;
    this.log = log;
    this.logStart = logStart;
  }

  /** Starts the command; output is appended to {@code log}. */
  public static DuckspoolProcess start(
      String name, List<String> command, Map<String, String> environment, Path folder, Path log) {
    try {
      Files.writeString(
          log,
          "--- " + String.join(" ", command) + "\n",
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
      long logStart = Files.size(log);
      ProcessBuilder builder = new ProcessBuilder(command);
      builder.directory(folder.toFile());
      builder.redirectErrorStream(true);
      builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
      builder.environment().putAll(environment);
      Process process = builder.start();
      Reaper.watch(process.pid());
      process.onExit().thenAccept(ended -> Reaper.forget(ended.pid()));
      return new DuckspoolProcess(name, process, log, logStart);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public long pid() {
    return process.pid();
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /** Kills the process at once and waits until the kernel has taken it away. */
  public void kill() {
    process.destroyForcibly();
    awaitExit(Duration.ofSeconds(60));
  }

  /** Asks the process to end (SIGTERM) and returns its exit code. */
  public int terminate(Duration limit) {
    process.destroy();
    return awaitExit(limit);
  }

  /** Asks as Ctrl-C does. */
  public void interrupt() {
    signal("INT");
  }

  /** Stops all threads of the process, and returns once none of them runs any more. */
  public void pause() {
    signal("STOP");
    Await.until(name + " stands still", Duration.ofSeconds(60), this::isPaused, this::logTail);
  }

  private boolean isPaused() throws IOException {
    try (Stream<Path> threads = Files.list(Path.of("/proc/" + pid() + "/task"))) {
      for (Path thread : threads.toList()) {
        String stat = Files.readString(thread.resolve("stat"));
        // The name in parentheses may hold anything; the state is the next word.
        if (stat.charAt(stat.lastIndexOf(')') + 2) != 'T') {
          return false;
        }
      }
      return true;
    }
  }

  public void resume() {
    signal("CONT");
  }

  /** Waits for the end and returns the exit code; fails, and kills, when it takes longer. */
  public int awaitExit(Duration limit) {
    try {
      if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        String stacks = stacks();
        process.destroyForcibly();
        throw new AssertionError(
            name + " did not end within " + limit.toSeconds() + " s\n" + logTail() + stacks);
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted while waiting for the end of " + name, e);
    }
  }

  /** What this process has written so far, both streams. */
  public String output() {
    try {
      byte[] bytes = Files.readAllBytes(log);
      int from = (int) Math.min(logStart, bytes.length);
      return new String(bytes, from, bytes.length - from, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The states of all threads by the kernel, then their stacks; for a failure message. */
  String stacks() {
    List<String> states = List.of("ps", "-L", "-o", "tid,state,wchan:32,comm", "-p", "" + pid());
    return Shell.outcome(states, Map.of()).output()
        + Shell.outcome(List.of("jstack", "" + pid()), Map.of()).output();
  }

  /** The end of the log file, for a failure message. */
  public String logTail() {
    String output = output();
    String tail = output.substring(Math.max(0, output.length() - TAIL_CHARS));
    String end = isAlive() ? "alive" : "exit code " + process.exitValue();
    return "=== " + name + ", pid " + pid() + ", " + end + "\n" + tail + "\n";
  }

  @Override
  public void close() {
    if (process.isAlive()) {
      kill();
    }
  }

  private void signal(String signal) {
    Shell.run("kill", "-" + signal, "" + pid());
  }
}
