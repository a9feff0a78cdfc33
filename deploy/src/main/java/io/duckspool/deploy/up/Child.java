package io.duckspool.deploy.up;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * One start of the receiver or of the writer. Its output goes to ours line by line; its standard
 * input is a pipe that we never write to: when we die, however we die, the kernel closes it, and
 * the child ends itself.
 *
 * <p>Started and stopped by the supervisor's thread; a thread of its own reads the output.
 */
final class Child {
  // A process it left behind may hold its output open, and that isn't worth a wait.
  private static final long OUTPUT_LIMIT_MILLIS = 1_000;
  private static final int SIGNAL_BASE = 128;
  private static final Map<Integer, String> SIGNALS =
      Map.of(
          1, "SIGHUP", 2, "SIGINT", 6, "SIGABRT", 7, "SIGBUS", 9, "SIGKILL", 11, "SIGSEGV", 15,
          "SIGTERM");

  private final String name;
  private final Process process;
  private final Thread reader;
  private volatile String lastLine = "";

  private Child(String name, Process process, String prefix, PrintStream out) {
    this.name = name;
    this.process = process;
    this.reader = new Thread(() -> copyOutput(prefix, out), name + "-output");
  }

  /**
   * Starts the command.
   *
   * @param prefix begins each line of its output
   * @param out where its output goes
   * @param onExit called once, from another thread, when it has ended and its output is read
   */
  static Child start(
      String name,
      List<String> command,
      Map<String, String> environment,
      String prefix,
      PrintStream out,
      Consumer<Child> onExit)
      throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    Child child = new Child(name, builder.start(), prefix, out);
    child.reader.setDaemon(true);
    child.reader.start();
    Thread end =
        new Thread(
            () -> {
              child.awaitEnd();
              onExit.accept(child);
            },
            name + "-end");
    end.setDaemon(true);
    end.start();
    return child;
  }

  String name() {
    return name;
  }

  int exitCode() {
    return process.exitValue();
  }

  /** How it ended, and the last it said. */
  String epitaph() {
    int code = process.exitValue();
    String signal = SIGNALS.get(code - SIGNAL_BASE);
    String how =
        signal != null
            ? "killed by " + signal
            : code > SIGNAL_BASE ? "killed by signal " + (code - SIGNAL_BASE) : "exit code " + code;
    return lastLine.isEmpty() ? how : how + "; its last line: " + lastLine;
  }

  /**
   * Asks it to end (SIGTERM), waits, and kills it when it takes longer.
   *
   * @return true when it ended in order
   */
  boolean stop(Duration limit) throws InterruptedException {
    // Process.destroy() would close its output, and lose the last it has to say.
    process.toHandle().destroy();
    if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
      process.toHandle().destroyForcibly();
      process.waitFor();
      return false;
    }
    reader.join(OUTPUT_LIMIT_MILLIS);
    // A JVM that was still starting ends with the signal's number.
    return process.exitValue() == 0 || process.exitValue() == SIGNAL_BASE + 15;
  }

  private void awaitEnd() {
    try {
      process.waitFor();
      reader.join(OUTPUT_LIMIT_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void copyOutput(String prefix, PrintStream out) {
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (!isOfStackTrace(line)) {
          lastLine = line;
        }
        out.println(prefix + line);
      }
    } catch (IOException e) {
      out.println(prefix + "(its output can't be read any more: " + e + ")");
    }
  }

  /** Such a line says nothing alone. */
  private static boolean isOfStackTrace(String line) {
    return line.startsWith("\t") || line.startsWith("Caused by: ");
  }
}
