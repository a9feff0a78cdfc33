package io.duckspool.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.duckspool.common.fault.CrashPoint;
import io.duckspool.deploy.harness.Await;
import io.duckspool.deploy.harness.CrashLot;
import io.duckspool.deploy.harness.Halt;
import io.duckspool.deploy.harness.Rig;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;

/**
 * Starts the processes of a rig again that are halted at a crash point, while a test waits for
 * something. Used by one test thread.
 */
final class Revival {

  private final Rig rig;
  private final Deque<Halt> ofReceiver;
  private final Deque<Halt> ofWriter;

  /** Arms both processes; they are not started yet. */
  Revival(Rig rig, CrashLot lot) {
    this.rig = rig;
    ofReceiver = new ArrayDeque<>(lot.receiver());
    ofWriter = new ArrayDeque<>(lot.writer());
    rig.receiverEnvironment(CrashPoint.ENVIRONMENT_VARIABLE, next(ofReceiver))
        .writerEnvironment(CrashPoint.ENVIRONMENT_VARIABLE, next(ofWriter));
  }

  /** Where no process was halted so far. */
  Collection<Halt> waiting() {
    return Halt.all(List.copyOf(ofReceiver), List.copyOf(ofWriter));
  }

  /** Waits, and starts again what is halted meanwhile. */
  void keepUntil(String what, Callable<Boolean> condition) {
    Await.until(
        what,
        Rig.LIMIT,
        () -> {
          for (String name : List.of("receiver", "writer")) {
            Optional<Integer> exitCode = rig.exitCode(name);
            if (exitCode.isPresent() && exitCode.get() != CrashPoint.EXIT_STATUS) {
              throw new Await.GaveUpException(name + " ended with " + exitCode.get());
            }
            if (exitCode.isPresent()) {
              restart(name);
            }
          }
          return condition.call();
        },
        rig::logs);
  }

  /** A process that is halted while it stops is started and stopped again. */
  void stop(String name, Runnable awaitUp) {
    Optional<Integer> exitCode = rig.tryStop(name);
    while (exitCode.equals(Optional.of(CrashPoint.EXIT_STATUS))) {
      restart(name);
      awaitUp.run();
      exitCode = rig.tryStop(name);
    }
    assertEquals(Optional.of(0), exitCode, rig::logs);
  }

  /** Starts a process that has halted, armed with its next crash point. */
  private void restart(String name) {
    if (name.equals("writer")) {
      ofWriter.remove();
      rig.writerEnvironment(CrashPoint.ENVIRONMENT_VARIABLE, next(ofWriter)).startWriter();
    } else {
      ofReceiver.remove();
      rig.receiverEnvironment(CrashPoint.ENVIRONMENT_VARIABLE, next(ofReceiver)).startReceiver();
    }
  }

  private static String next(Deque<Halt> halts) {
    return halts.isEmpty() ? "" : halts.peek().toString();
  }
}
