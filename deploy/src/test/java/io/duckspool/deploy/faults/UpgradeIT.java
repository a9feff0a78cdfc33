package io.duckspool.deploy.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.deploy.harness.AckLog;
import io.duckspool.deploy.harness.Await;
import io.duckspool.deploy.harness.Balance;
import io.duckspool.deploy.harness.LoadClient;
import io.duckspool.deploy.harness.RefusingIndex;
import io.duckspool.deploy.harness.Rig;
import io.duckspool.deploy.harness.Tables;
import io.duckspool.deploy.scorecard.FaultRow;
import io.duckspool.deploy.scorecard.Trials;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.BitSet;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A data folder of each version whose formats differ is gone on with. */
@Tag("faults")
final class UpgradeIT {
  private static final String FENCE = "upgraded";

  @TempDir Path folder;

  static Stream<FormatFixture> versions() {
    return FormatFixture.all();
  }

  @ParameterizedTest
  @MethodSource("versions")
  @FaultRow(name = "upgrade", fault = "the data folder of each released format", full = 1)
  void dataFolderOfAnEarlierVersion_isGoneOnWith(FormatFixture version, Trials trials)
      throws Exception {
    trials.note("formats", version.toString());
    AckLog log = version.log();
    try (Rig rig = Rig.onPort(FormatFixture.PORT, folder)) {
      version.unpack(rig.data());
      Path intent = rig.serverFolder().resolve("quarantine/replay.intent.json");
      assertTrue(Files.exists(intent), "the fixture has a replay that was cut off");
      int present = log.sentCount();
      rig.start();
      try (LoadClient load = LoadClient.start(rig.load(1, 10, 0, FormatFixture.request()), log)) {
        load.awaitEnd(Rig.LIMIT);
      }
      assertEquals(present + 10, log.ackedCount());
      assertTrue(rig.isAccepted(FENCE));
      Await.until("committed", Rig.LIMIT, () -> rig.isCommitted(FENCE), rig::logs);
      rig.stop();
      trials.tried();
      assertFalse(Files.exists(intent), "the replay is finished");
      try (Connection stored = rig.openDatabase()) {
        Balance balance = trials.judge(log, Balance.of(log, stored), 1);
        BitSet damaged = new BitSet();
        damaged.set(version.damaged());
        assertEquals(damaged, balance.lostRequests(), balance::toString);
        assertEquals(
            FormatFixture.REPLAYED_ROWS,
            Tables.number(
                stored,
                "SELECT count(*) FROM otlp_logs WHERE body = '" + RefusingIndex.TEXT + "'"));
      }
      List<Path> kept = new RefusingIndex(rig).files();
      assertEquals(1, kept.size(), () -> "in quarantine: " + kept);
    }
  }
}
