package io.duckspool.deploy.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.deploy.harness.AckLog;
import io.duckspool.deploy.harness.Await;
import io.duckspool.deploy.harness.LoadClient;
import io.duckspool.deploy.harness.Operator;
import io.duckspool.deploy.harness.Rig;
import io.duckspool.deploy.harness.Stamped;
import io.duckspool.deploy.load.StampedRequest;
import io.duckspool.deploy.scorecard.FaultRow;
import io.duckspool.deploy.scorecard.Trials;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What stands beside the segments is broken while both processes are down, with a backlog. All of
 * it can be made anew from the segments and the target: nothing is lost or doubled, nothing is in
 * quarantine, and no index is used twice. Without the receiver's mark the writer waits for it.
 */
@Tag("faults")
final class SpoolFilesIT {
  private static final String MARK = "durable.ckpt";
  private static final String COUNTER = "segment.counter";

  /** The last is Chronicle's, as a kill leaves it. */
  private static final List<String> FILES =
      List.of(MARK, "committed.ckpt", COUNTER, "spool/.appending/metadata.cq4t");

  /** Leave nothing to read, of two slots neither. */
  private static final Set<Damage> WHOLE =
      EnumSet.of(Damage.ZEROED, Damage.TRUNCATED, Damage.MISSING);

  private static final int MAX_NOISE_BYTES = 20;
  private static final long AHEAD_SECONDS = Duration.ofDays(1).toSeconds();

  private final AckLog log = new AckLog(10);
  private final StampedRequest request = Stamped.logs(10);

  @TempDir Path folder;

  private enum Damage {
    FLIPPED_BIT,
    ZEROED,
    NOISE,
    TRUNCATED,
    MISSING
  }

  @Test
  @FaultRow(
      name = "spool-files",
      fault = "checkpoints, segment counter and metadata of the spool broken or missing",
      quick = 2,
      full = 100,
      perRun = 20)
  void filesBesideTheSegments_areMadeAnew(Trials trials) throws Exception {
    Random random = trials.random();
    try (Rig rig = Rig.in(folder).set("spool.segment_age", "500ms").start()) {
      setNumbersAheadOfTheClock(rig);
      for (int i = 0; i < trials.count(); i++) {
        rig.awaitCommitted();
        killWithBacklog(rig, 1 + random.nextInt(100));
        long newest = newestSegment(rig);
        boolean isMarkGone = damage(rig, random);

        rig.startWriter();
        if (isMarkGone) {
          awaitWaitingForReceiver(rig);
        }
        rig.startReceiver();
        rig.awaitServing();
        long next = newestSegment(rig);
        assertTrue(next > newest, () -> next + " after " + newest);
        trials.tried();
      }
      trials.settle(rig, log);
      assertEquals(List.of(), rig.quarantined());
    }
  }

  /** As after a clock that was set back: only files can tell where the numbers go on. */
  private static void setNumbersAheadOfTheClock(Rig rig) throws IOException {
    rig.stopReceiver();
    Path counter = rig.serverFolder().resolve(COUNTER);
    long last = Long.parseLong(Files.readString(counter).strip());
    Files.writeString(counter, (last + AHEAD_SECONDS) + "\n");
    rig.startReceiver();
    rig.awaitServing();
  }

  private void killWithBacklog(Rig rig, int acks) {
    try (LoadClient load = LoadClient.start(rig.load(2, Integer.MAX_VALUE, 2, request), log)) {
      load.awaitMoreAcks(acks, Rig.LIMIT);
      rig.writer().kill();
      load.awaitMoreAcks(10, Rig.LIMIT);
      rig.receiver().kill();
    }
  }

  /**
   * Breaks at least one of the files.
   *
   * @return whether no slot of the mark can be read
   */
  private static boolean damage(Rig rig, Random random) throws IOException {
    boolean isMarkGone = false;
    int chosen = 1 + random.nextInt((1 << FILES.size()) - 1);
    for (int i = 0; i < FILES.size(); i++) {
      if ((chosen >> i & 1) == 1) {
        String name = FILES.get(i);
        Damage damage = Damage.values()[random.nextInt(Damage.values().length)];
        damage(rig.serverFolder().resolve(name), damage, random);
        System.out.println(name + ": " + damage);
        isMarkGone |= name.equals(MARK) && WHOLE.contains(damage);
      }
    }
    return isMarkGone;
  }

  private static void damage(Path file, Damage damage, Random random) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    switch (damage) {
      case FLIPPED_BIT -> bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
      case ZEROED -> Arrays.fill(bytes, (byte) 0);
      case NOISE -> {
        for (int at = random.nextInt(bytes.length), left = MAX_NOISE_BYTES;
            at < bytes.length && left > 0;
            at++, left--) {
          bytes[at] = (byte) random.nextInt();
        }
      }
      case TRUNCATED -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
      case MISSING -> {
        Files.delete(file);
        return;
      }
    }
    Files.write(file, bytes);
  }

  private static void awaitWaitingForReceiver(Rig rig) {
    Operator operator = new Operator(rig);
    Await.until(
        "the writer waits for the receiver",
        Rig.LIMIT,
        () -> operator.pipeline().path("state").asText().equals("waiting_for_receiver"),
        rig::logs);
  }

  private static long newestSegment(Rig rig) {
    List<Path> segments = rig.segmentFiles();
    return Segments.numberOf(segments.get(segments.size() - 1));
  }
}
