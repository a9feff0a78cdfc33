package io.duckspool.deploy.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.deploy.harness.AckLog;
import io.duckspool.deploy.harness.Balance;
import io.duckspool.deploy.harness.LoadClient;
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
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Damage at random offsets of the spool while the writer is down, a segment each: the quarantine
 * names the ranges and their bytes, what is in none of them is committed, and nothing is in both.
 */
@Tag("faults")
final class SpoolDamageIT {
  static final String ROW = "spool-damage";
  static final String FAULT =
      "bits flipped, pages zeroed, segments cut short or missing, metadata broken";

  private static final int RECORDS = 5;
  private static final int METADATA_BYTES = 128 << 10;
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
  void damageAtRandomOffsets_isReportedByIndexAndByte_andAllElseIsCommitted(Trials trials)
      throws Exception {
    Random random = trials.random();
    try (Rig rig = Rig.in(folder).set("spool.segment_bytes", "256KiB")) {
      rig.start();
      rig.awaitCommitted();
      rig.stopWriter();
      sendOverSegments(rig, trials.count() + 4);
      rig.stopReceiver();
      SegmentBytes bytes = SegmentBytes.of(rig.serverFolder());
      List<String> done = damage(rig, trials.count(), random);
      bytes.readDamaged();
      rig.startReceiver();
      rig.startWriter();
      rig.awaitServing();
      rig.awaitCommitted();
      final String pipelines = Segments.pipelines(rig);
      final String writerOutput = rig.writer().output();
      rig.stop();
      List<QuarantineFolder.Range> ranges =
          QuarantineFolder.ranges(rig.serverFolder().resolve("quarantine"));
      try (Connection stored = rig.openDatabase()) {
        Balance balance = Balance.of(log, stored);
        BitSet reported = in(ranges);
        for (int i = 0; i < trials.count(); i++) {
          trials.tried();
        }
        trials.judge(log, balance, reported.cardinality());
        assertEquals(reported, balance.lostRequests(), () -> done + "\n" + balance + "\n" + ranges);
        long rows = (long) reported.cardinality() * RECORDS;
        assertTrue(
            pipelines.contains("\"quarantined_rows_total\":" + rows + ","),
            () -> rows + " rows are not reported: " + pipelines);
        bytes.assertNamed(
            QuarantineFolder.files(rig.serverFolder().resolve("quarantine")), writerOutput);
      }
    }
  }

  private void sendOverSegments(Rig rig, int segments) {
    try (LoadClient load = LoadClient.start(rig.load(2, Integer.MAX_VALUE, 0, request), log)) {
      while (rig.segmentFiles().size() < segments) {
        load.awaitMoreAcks(20, Rig.LIMIT);
      }
    }
    assertEquals(log.sentCount(), log.ackedCount());
  }

  /** Each in a segment of its own; the first and the last one stay whole. */
  private static List<String> damage(Rig rig, int count, Random random) throws IOException {
    List<Path> segments = new ArrayList<>(rig.segmentFiles());
    segments.remove(segments.size() - 1);
    segments.remove(0);
    Collections.shuffle(segments, random);
    List<String> done = new ArrayList<>();
    if (random.nextBoolean()) {
      // As a kill leaves it; a stop has removed it.
      Path metadata =
          Files.createDirectories(rig.serverFolder().resolve("spool/.appending"))
              .resolve("metadata.cq4t");
      Files.write(metadata, noise(METADATA_BYTES, random));
      done.add(metadata.toString());
    }
    for (Path segment : segments.subList(0, count - done.size())) {
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

  /** The acked requests that stand in these ranges. */
  private BitSet in(List<QuarantineFolder.Range> ranges) {
    BitSet requests = new BitSet();
    for (int number = 0; number < log.sentCount(); number++) {
      SpoolIndex index = SpoolIndex.ofLong(log.index(number));
      if (ranges.stream()
          .anyMatch(
              range -> index.compareTo(range.first()) >= 0 && index.compareTo(range.next()) < 0)) {
        requests.set(number);
      }
    }
    return requests;
  }
}
