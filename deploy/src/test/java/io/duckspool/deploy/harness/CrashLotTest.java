package io.duckspool.deploy.harness;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.duckspool.common.fault.CrashPoint;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class CrashLotTest {
  private static final List<List<Halt>> ONE_PHASE =
      List.of(Halt.at(CrashPoint.SPOOL_FORCED, CrashPoint.SPOOL_SEGMENT_BEGUN));
  private static final List<List<Halt>> TWO_PHASES =
      List.of(
          Halt.at(CrashPoint.SEAL_BEGUN, CrashPoint.SEAL_FROZEN, CrashPoint.SEAL_COMMITTED),
          Halt.at(CrashPoint.STOP_DRAINED));

  @Test
  void everyHalt_isInOneLife_whateverTheRound() {
    List<Halt> all =
        Stream.of(ONE_PHASE, TWO_PHASES).flatMap(List::stream).flatMap(List::stream).toList();
    for (int round = 0; round < 7; round++) {
      List<CrashLot> lots = CrashLot.deal(ONE_PHASE, TWO_PHASES, round);
      assertEquals(3, lots.size());
      assertEquals(
          all.stream().map(Halt::toString).sorted().toList(),
          lots.stream().flatMap(CrashLot::halts).map(Halt::toString).sorted().toList());
    }
  }

  @Test
  void theHaltsOfALife_areInTheOrderOfThePhases() {
    assertEquals(
        List.of(new Halt(CrashPoint.SEAL_BEGUN, ""), new Halt(CrashPoint.STOP_DRAINED, "")),
        CrashLot.deal(ONE_PHASE, TWO_PHASES, 0).get(0).writer());
  }

  @Test
  void anotherRound_putsOthersTogether() {
    assertNotEquals(
        CrashLot.deal(ONE_PHASE, TWO_PHASES, 0).get(0).writer(),
        CrashLot.deal(ONE_PHASE, TWO_PHASES, 1).get(0).writer());
  }
}
