package io.duckspool.deploy.harness;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.duckspool.common.fault.CrashPoint;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

final class CrashLotTest {
  private static final List<Halt> TWO =
      Halt.at(CrashPoint.SPOOL_FORCED, CrashPoint.SPOOL_SEGMENT_BEGUN);
  private static final List<Halt> THREE =
      Halt.at(CrashPoint.SEAL_BEGUN, CrashPoint.SEAL_FROZEN, CrashPoint.SEAL_COMMITTED);

  @Test
  void everyHaltOfBothLists_isInALot_whateverTheRound() {
    Set<Halt> all = new HashSet<>(TWO);
    all.addAll(THREE);
    for (int round = 0; round < 5; round++) {
      List<CrashLot> lots = CrashLot.pair(TWO, THREE, round);
      assertEquals(3, lots.size());
      assertEquals(all, lots.stream().flatMap(CrashLot::halts).collect(Collectors.toSet()));
    }
  }
}
