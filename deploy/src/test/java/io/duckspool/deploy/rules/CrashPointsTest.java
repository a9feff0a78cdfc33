package io.duckspool.deploy.rules;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.duckspool.common.fault.CrashPoint;
import io.duckspool.deploy.e2e.CrashLists;
import io.duckspool.deploy.harness.CrashLot;
import io.duckspool.deploy.targets.TargetCrashLists;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * No crash point is without a test, and none is in two lists: those of {@link CrashLists} are
 * halted at in both real processes, those of {@link TargetCrashLists} in the real writer and by the
 * writer's tests, each of which halts a writer's pipeline in a process of its own.
 */
final class CrashPointsTest {
  @Test
  void everyCrashPoint_isHaltedAtByOneTest() {
    List<CrashPoint> tested = new ArrayList<>(CrashLists.points());
    tested.addAll(TargetCrashLists.points());
    assertEquals(
        Arrays.stream(CrashPoint.values()).sorted().toList(), tested.stream().sorted().toList());
  }

  @Test
  void theFullFigure_isTwentyOfEachHalt() {
    assertEquals(20 * (CrashLists.halts() + TargetCrashLists.halts()), CrashLot.FULL);
  }
}
