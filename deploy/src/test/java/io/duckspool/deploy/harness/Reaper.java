package io.duckspool.deploy.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Ends what the tests started when their JVM is gone, however it went: a shell that is told each
 * process id, and kills those still alive when its standard input ends.
 */
final class Reaper {
  private static final String SCRIPT =
      """
      trap '' INT TERM HUP
      while read -r sign pid; do
        case "$sign" in
          +) all="$all $pid" ;;
          -) all=$(for p in $all; do [ "$p" = "$pid" ] || printf ' %s' "$p"; done) ;;
        esac
      done
      for p in $all; do kill -KILL "$p" 2>/dev/null; done
      """;
  private static final Reaper REAPER = new Reaper();

  private final Writer orders;

  private Reaper() {
    try {
      Process shell =
          new ProcessBuilder(List.of("setsid", "bash", "-c", SCRIPT))
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      orders = shell.outputWriter(StandardCharsets.US_ASCII);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** From now on the process dies with this JVM at the latest. */
  static void watch(long pid) {
    REAPER.order("+ " + pid);
  }

  /** To be called once the process has ended, before its id can belong to another one. */
  static void forget(long pid) {
    REAPER.order("- " + pid);
  }

  private synchronized void order(String line) {
    try {
      orders.write(line + "\n");
      orders.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("the reaper is gone", e);
    }
  }
}
