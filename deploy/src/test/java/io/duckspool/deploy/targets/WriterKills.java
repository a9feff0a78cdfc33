package io.duckspool.deploy.targets;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.deploy.harness.Await;
import io.duckspool.deploy.harness.Rig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;

/**
 * Kills the writer of a rig with -9 while a seal is in the works, at a random moment of it, within
 * a second of work. Used by one test thread.
 */
final class WriterKills {
  private static final int MAX_DELAY_MILLIS = 1_000;
  private static final String IDLE = "IDLE";

  private final Rig rig;
  private final Random random;
  private int count;
  private int inSealCount;

  WriterKills(Rig rig, Random random) {
    this.rig = rig;
    this.random = random;
  }

  /** How many kills there were. */
  int count() {
    return count;
  }

  /** How many of them came while a batch was frozen and not yet known to be committed. */
  int inSealCount() {
    return inSealCount;
  }

  /**
   * Waits for a seal, kills, and starts the writer again. Every other kill waits for a commit of
   * this process first: three deaths with one batch in hand are something else, by which entries
   * that kill a process are found.
   *
   * @param isOver whether nothing is left to seal: then nothing is killed
   */
  void kill(BooleanSupplier isOver) {
    boolean afterCommit = count % 2 == 0;
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
    count++;
    if (!inHand.startsWith(IDLE) && inHand().equals(inHand)) {
      inSealCount++;
    }
    rig.startWriter();
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
