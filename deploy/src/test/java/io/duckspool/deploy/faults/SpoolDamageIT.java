package io.duckspool.deploy.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.deploy.harness.AckLog;
import io.duckspool.deploy.harness.Balance;
import io.duckspool.deploy.harness.LoadClient;
import io.duckspool.deploy.harness.Operator;
import io.duckspool.deploy.harness.Rig;
import io.duckspool.deploy.harness.Stamped;
import io.duckspool.deploy.load.StampedRequest;
import io.duckspool.deploy.scorecard.FaultRow;
import io.duckspool.deploy.scorecard.Trials;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.writer.quarantine.QuarantineFolder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.LongPredicate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Damage at random offsets of the spool while the writer is down, a segment each, the first and the
 * last one among them: lost are the entries that it hits and no others, and each of them is
 * reported by index and byte.
 *
 * <p>An entry is hit when a byte of its envelope or payload has changed. No other loss is granted:
 * not where Chronicle's word before an entry has changed, not the entries around, not the rest of
 * the segment.
 */
@Tag("faults")
final class SpoolDamageIT {
  static final String ROW = "spool-damage";
  static final String FAULT = "bits flipped, pages zeroed, noise, segments cut short or missing";

  private static final int RECORDS = 5;
  private static final int PAGE = 4096;
  private static final int MAX_ZEROED_PAGES = 4;

  private final AckLog log = new AckLog(RECORDS);
  private final StampedRequest request = Stamped.logs(RECORDS);

  @TempDir Path folder;

  private enum Damage {
    FLIPPED_BIT,
    ZEROED_PAGES,
    NOISE,
    TRUNCATED,
    MISSING
  }

  @Test
  @FaultRow(name = ROW, fault = FAULT, quick = 12, full = 1000, perRun = 20)
  void damageAtRandomOffsets_losesWhatItHits_andIsReportedByIndexAndByte(Trials trials)
      throws Exception {
    try (Rig rig = Rig.in(folder).set("spool.segment_bytes", "256KiB")) {
      rig.start();
      rig.awaitCommitted();
      rig.stopWriter();
      sendOverSegments(rig, trials.count() + 2);
      rig.stopReceiver();
      SegmentBytes bytes = SegmentBytes.of(rig.serverFolder());
      List<String> done = damage(rig, trials.count(), trials.random());
      bytes.readDamaged();
      BitSet destroyed = requests(bytes.destroyed());
      BitSet before = requestsBefore(Segments.numberOf(rig.segmentFiles().get(0)));

      rig.startReceiver();
      rig.startWriter();
      rig.awaitServing();
      boolean isGapCounted = !before.isEmpty() && acceptGap(rig, before.cardinality());
      rig.awaitCommitted();
      final String pipelines = Segments.pipelines(rig);
      final String writerOutput = rig.writer().output();
      rig.stop();
      List<QuarantineFolder.Range> ranges =
          QuarantineFolder.ranges(rig.serverFolder().resolve("quarantine"));
      try (Connection database = rig.openDatabase()) {
        Balance balance = Balance.of(log, database);
        for (int i = 0; i < trials.count(); i++) {
          trials.tried();
        }
        BitSet reported = in(ranges);
        reported.or(before);
        trials.judge(log, balance, reported.cardinality());
        BitSet lost = balance.lostRequests();
        String what = done + "\n" + balance + "\n" + ranges;
        assertEquals(new BitSet(), without(lost, destroyed), "lost, though whole: " + what);
        assertEquals(new BitSet(), without(destroyed, lost), "stored, though damaged: " + what);
        assertEquals(reported, lost, what);
        int quarantined = lost.cardinality() - (isGapCounted ? before.cardinality() : 0);
        assertTrue(
            pipelines.contains("\"quarantined_rows_total\":" + quarantined * RECORDS + ","),
            () -> quarantined + " entries are not counted: " + pipelines);
        bytes.assertNamed(
            QuarantineFolder.files(rig.serverFolder().resolve("quarantine")), writerOutput);
      }
    }
  }

  /**
   * The segment that the ledger stands in is gone, perhaps others behind it: the writer refuses,
   * and an operator has to give them up.
   *
   * @return whether the refusal counts them; else, where the header of the oldest segment that is
   *     left is damaged, they are counted with what is quarantined
   */
  private static boolean acceptGap(Rig rig, int entries) {
    Operator operator = new Operator(rig);
    String refusal = operator.awaitRefusal();
    boolean isCounted = !refusal.contains("whose header is damaged");
    String count = "between them " + entries + " entries with " + entries * RECORDS + " rows";
    assertTrue(!isCounted || refusal.contains(count), () -> count + " not in: " + refusal);
    operator.ledgerIsSet("--from-oldest", "--accept-gap");
    return isCounted;
  }

  private void sendOverSegments(Rig rig, int segments) {
    try (LoadClient load = LoadClient.start(rig.load(2, Integer.MAX_VALUE, 0, request), log)) {
      while (rig.segmentFiles().size() < segments) {
        load.awaitMoreAcks(20, Rig.LIMIT);
      }
    }
    assertEquals(log.sentCount(), log.ackedCount());
  }

  /** Each in a segment of its own. */
  private static List<String> damage(Rig rig, int count, Random random) throws IOException {
    List<Path> segments = new ArrayList<>(rig.segmentFiles());
    Collections.shuffle(segments, random);
    List<String> done = new ArrayList<>();
    for (Path segment : segments.subList(0, count)) {
      done.add(segment.getFileName() + " " + damage(segment, random));
    }
    return done;
  }

  private static String damage(Path segment, Random random) throws IOException {
    Damage damage = Damage.values()[random.nextInt(Damage.values().length)];
    if (damage == Damage.MISSING) {
      Files.delete(segment);
      return damage.toString();
    }
    try (FileChannel file =
        FileChannel.open(segment, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      int used = (int) Segments.usedBytes(file);
      int at = random.nextInt(used);
      switch (damage) {
        case FLIPPED_BIT -> {
          ByteBuffer one = ByteBuffer.allocate(1);
          file.read(one, at);
          one.put(0, (byte) (one.get(0) ^ 1 << random.nextInt(8)));
          file.write(one.rewind(), at);
        }
        case ZEROED_PAGES ->
            file.write(
                ByteBuffer.allocate(PAGE * (1 + random.nextInt(MAX_ZEROED_PAGES))), at & -PAGE);
        case NOISE -> file.write(ByteBuffer.wrap(noise(1 + random.nextInt(100), random)), at);
        case TRUNCATED -> file.truncate(at);
        case MISSING -> throw new AssertionError();
      }
      file.force(true);
      return damage + " at " + at + " of " + used;
    }
  }

  private static byte[] noise(int length, Random random) {
    byte[] noise = new byte[length];
    random.nextBytes(noise);
    return noise;
  }

  private BitSet requests(Set<SpoolIndex> indexes) {
    return requests(at -> indexes.contains(SpoolIndex.ofLong(at)));
  }

  /** Those of segments before this one. */
  private BitSet requestsBefore(long segment) {
    return requests(index -> index >>> 32 < segment);
  }

  /** The requests that stand in these ranges. */
  private BitSet in(List<QuarantineFolder.Range> ranges) {
    return requests(
        at -> {
          SpoolIndex index = SpoolIndex.ofLong(at);
          return ranges.stream()
              .anyMatch(
                  range ->
                      index.compareTo(range.first()) >= 0 && index.compareTo(range.next()) < 0);
        });
  }

  /** The requests whose index is such; all are acked. */
  private BitSet requests(LongPredicate isWanted) {
    BitSet requests = new BitSet();
    for (int number = 0; number < log.sentCount(); number++) {
      if (isWanted.test(log.index(number))) {
        requests.set(number);
      }
    }
    return requests;
  }

  private static BitSet without(BitSet all, BitSet others) {
    BitSet rest = (BitSet) all.clone();
    rest.andNot(others);
    return rest;
  }
}
