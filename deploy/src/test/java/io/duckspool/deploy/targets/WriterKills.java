package io.duckspool.deploy.targets;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.fault.CrashPoint;
import io.duckspool.deploy.harness.Await;
import io.duckspool.deploy.harness.DuckspoolProcess;
import io.duckspool.deploy.harness.Rig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;

/**
 * Kills the writer of a rig with -9 while a seal is in the works, at a random moment of it, within
 * a second of work. What comes next is not left to chance, for the moments between what a seal does
 * are too short to be met: the next writer halts at a crash point, in the same seal. Used by one
 * test thread.
 */
final class WriterKills {
  private static final int MAX_DELAY_MILLIS = 1_000;

  /** Three with one batch in hand are something else: so entries that kill a process are found. */
  private static final int MAX_DEATHS_IN_A_ROW = 2;

  private static final String IDLE = "IDLE";

  private final Rig rig;
  private final Random random;
  private final Deque<CrashPoint> points;
  private int killCount;
  private int inSealCount;
  private int haltCount;

  /** Since a commit was last waited for; at first as if there had been too many. */
  private int deathsInARow = MAX_DEATHS_IN_A_ROW;

  /**
   * @param points of a seal, each of which one writer halts at
   */
  WriterKills(Rig rig, Random random, List<CrashPoint> points) {
    this.rig = rig;
    this.random = random;
    this.points = new ArrayDeque<>(points);
  }

  /** The points that no writer has halted at. */
  List<CrashPoint> pointsLeft() {
    return List.copyOf(points);
  }

  /** How many kills there were, at random moments. */
  int killCount() {
    return killCount;
  }

  /** How many of the kills came while a batch was frozen and not yet known to be committed. */
  int inSealCount() {
    return inSealCount;
  }

  /** How many writers halted at a crash point. */
  int haltCount() {
    return haltCount;
  }

  /**
   * Waits for a seal, kills, has the next writer halt where points are left, and starts the writer
   * again. After two deaths it waits for a commit of this process first: so does each kill as long
   * as points are left, and then every other.
   *
   * @param isOver whether nothing is left to seal: then nothing is killed
   */
  void kill(BooleanSupplier isOver) {
    boolean afterCommit = deathsInARow >= MAX_DEATHS_IN_A_ROW;
    long[] due = {Long.MAX_VALUE};
    boolean[] over = {false};
    Await.until(
        "a seal in the works",
        Rig.LIMIT,
        () -> {
          AdminApi.PipelineStatus status = status();
          over[0] = isOver.getAsBoolean();
          if (due[0] == Long.MAX_VALUE && status.sealsTotal() >= (afterCommit ? 1 : 0)) {
            due[0] = System.nanoTime() + random.nextInt(MAX_DELAY_MILLIS) * 1_000_000L;
          }
          return over[0] || System.nanoTime() - due[0] >= 0 && isSealing(status);
        },
        rig::logs);
    if (over[0]) {
      return;
    }
    String inHand = inHand();
    rig.writer().kill();
    killCount++;
    deathsInARow = afterCommit ? 1 : deathsInARow + 1;
    if (!inHand.startsWith(IDLE) && inHand().equals(inHand)) {
      inSealCount++;
    }
    haltAtNextPoint(isOver);
    rig.startWriter();
  }

  private void haltAtNextPoint(BooleanSupplier isOver) {
    CrashPoint point = points.peek();
    if (point == null) {
      return;
    }
    DuckspoolProcess writer =
        rig.writerEnvironment(CrashPoint.ENVIRONMENT_VARIABLE, point.name()).startWriter();
    Await.until(
        "the writer halts at " + point,
        Rig.LIMIT,
        () -> !writer.isAlive() || isOver.getAsBoolean(),
        rig::logs);
    rig.writerEnvironment(CrashPoint.ENVIRONMENT_VARIABLE, "");
    if (writer.isAlive()) {
      writer.kill(); // Nothing is left to seal.
      return;
    }
    assertEquals(CrashPoint.EXIT_STATUS, writer.awaitExit(Rig.LIMIT), rig::logs);
    points.remove();
    haltCount++;
    deathsInARow++;
  }

  private AdminApi.PipelineStatus status() throws Exception {
    List<AdminApi.PipelineStatus> all = rig.writerControl().pipelines(Duration.ofSeconds(10));
    return all.get(0);
  }

  /** The open batch is empty, and yet entries are in hand: they are frozen. */
  private static boolean isSealing(AdminApi.PipelineStatus status) {
    return status.state().equals("running")
        && status.bufferedBytes() == 0
        && status.oldestBufferedAgeMs() != null;
  }

  /** Kind and first index of the batch that the pipeline last noted, as {@code BATCH 5-99}. */
  private String inHand() {
    try {
      String note =
          Files.readString(rig.serverFolder().resolve("attempts.note"), StandardCharsets.US_ASCII);
      String[] words = note.strip().split(" ");
      return words.length < 4 ? IDLE : words[2] + " " + words[3];
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
