package io.duckspool.writer.servers;

import io.duckspool.common.fault.CrashPoint;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A process with this JVM's class path and flags, for tests that end it in the middle of its work:
 * it halts itself at a {@link CrashPoint}, or is killed. Thread-safe; killed by {@link #close} if
 * it still runs.
 */
public final class ChildJvm implements AutoCloseable {

  private static final long LIMIT_SECONDS = 180;

  private final Process process;
  private final Path log;

  private ChildJvm(Process process, Path log) {
    this.process = process;
    this.log = log;
  }

  /**
   * Starts a class with a {@code main}.
   *
   * @param crashAt a {@link CrashPoint}, with {@code :N} for the Nth time; empty: none
   * @param log gets all that it prints; appended to
   */
  public static ChildJvm start(Class<?> main, String crashAt, Path log, List<String> arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    for (String flag : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
      if (flag.matches("--(add|enable|sun).*|-D(chronicle|duckspool\\.test)\\..*")) {
        command.add(flag);
      }
    }
    String extensions = System.getProperty("duckspool.extensions");
    if (extensions != null) {
      command.add("-Dduckspool.extensions=" + extensions);
    }
    // It lives for a second or two: compiled once, and fast.
    command.addAll(List.of("-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(arguments);
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    builder.environment().put(CrashPoint.ENVIRONMENT_VARIABLE, crashAt);
    return new ChildJvm(builder.start(), log);
  }

  /** SIGKILL; returns once it is gone. */
  public void kill() {
    process.destroyForcibly();
    awaitEnd();
  }

  /**
   * Waits for its end, which must be a halt at its crash point, or a kill.
   *
   * @throws AssertionError it came to its own end: the point was never reached
   */
  public void awaitHalt() {
    int status = awaitEnd();
    if (status != CrashPoint.EXIT_STATUS) { // That of a kill, too.
      throw new AssertionError("not halted, but ended with " + status + ":\n" + output());
    }
  }

  /** Waits for its end, and returns its exit status. */
  public int awaitEnd() {
    try {
      if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
        throw new AssertionError("the process does not end:\n" + output());
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** All that it has printed by now. */
  public String output() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      return e.toString();
    }
  }

  @Override
  public void close() {
    kill();
  }
}
