package io.duckspool.deploy.rules;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import io.duckspool.common.fault.CrashPoint;
import io.duckspool.deploy.e2e.CrashLists;
import io.duckspool.deploy.harness.CrashLot;
import io.duckspool.deploy.harness.Halt;
import io.duckspool.deploy.targets.TargetCrashLists;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * No crash point is without a test, and none is in two lists: those of {@link CrashLists} are
 * halted at in both real processes, those of {@link TargetCrashLists} in the real writer and by the
 * writer's tests, each of which halts a writer's pipeline in a process of its own.
 */
final class CrashPointsTest {
  private static final List<String> ON_THE_PATH =
      List.of("io.duckspool.common.server", "io.duckspool.spool", "io.duckspool.writer");

  /** What makes something durable, gives it its name, or takes it away. */
  private static final Map<String, Set<String>> STEPS =
      Map.of(
          FileChannel.class.getName(),
          Set.of("force"),
          MappedByteBuffer.class.getName(),
          Set.of("force"),
          Files.class.getName(),
          Set.of("move", "delete", "deleteIfExists"),
          "io.duckspool.common.server.AtomicFile",
          Set.of("syncFolder"),
          "io.duckspool.spool.chronicle.SpoolDisk",
          Set.of("force", "forceFolder"));

  /** Classes that take such steps and have no crash point, and why they need none. */
  private static final Map<String, String> WITHOUT_POINT =
      Map.ofEntries(
          Map.entry("ServerFolder", "one step: the note of a known server goes"),
          Map.entry("LocalDisk", "what the callers of a disk call"),
          Map.entry("ChronicleSpoolStore", "a start, which the next start repeats"),
          Map.entry("StartScan", "a start, which the next start repeats"),
          Map.entry("SegmentAppender", "second links of segments, which a start removes"),
          Map.entry("Staging", "called between the points of ParquetSink and ParquetSpool"),
          Map.entry("FolderStore", "called between the points of ParquetSpool"),
          Map.entry("TornLog", "a start, which the next start repeats: TornLogKillTest"),
          Map.entry("SpillFolder", "nothing in it outlives its process"),
          Map.entry("AttemptsNote", "one step, whose loss counts a death less"),
          Map.entry("BlamelessEnd", "one step, whose loss counts a death less"),
          Map.entry("FolderNote", "one step: a note goes"),
          Map.entry("LakeIntent", "the making of a lake: LakeMaintenanceTest has each half of it"),
          Map.entry("KeptQuarantine", "a folder that is empty goes"),
          Map.entry("QuarantineIntent", "one step: an intent goes"));

  @Test
  void everyCrashPoint_isHaltedAtByOneTest() {
    List<CrashPoint> tested =
        lists().flatMap(halts -> halts.stream().map(Halt::point).distinct()).toList();
    assertEquals(
        Arrays.stream(CrashPoint.values()).sorted().toList(), tested.stream().sorted().toList());
  }

  @Test
  void theFullFigure_isTwentyOfEachHalt() {
    assertEquals(20 * lists().mapToInt(List::size).sum(), CrashLot.FULL);
  }

  private static Stream<List<Halt>> lists() {
    return Stream.of(CrashLists.all(), TargetCrashLists.all()).flatMap(List::stream);
  }

  /** So that what is on the durability path and has no window to look into has a reason. */
  @Test
  void everyClassWithAStepOnDisk_hasACrashPoint_orAReasonForNone() {
    Set<String> stepping = new TreeSet<>();
    Set<String> halting = new TreeSet<>();
    MainClasses.load().stream()
        .filter(type -> ON_THE_PATH.stream().anyMatch(type.getPackageName()::startsWith))
        .forEach(
            type -> {
              String name = outermost(type).getSimpleName();
              if (accesses(type).anyMatch(CrashPointsTest::isStep)) {
                stepping.add(name);
              }
              if (accesses(type).anyMatch(target -> isIn(target, CrashPoint.class.getName()))) {
                halting.add(name);
              }
            });
    stepping.removeAll(halting);
    assertEquals(new TreeSet<>(WITHOUT_POINT.keySet()), stepping);
  }

  private static Stream<AccessTarget> accesses(JavaClass type) {
    return type.getAccessesFromSelf().stream().map(JavaAccess::getTarget);
  }

  private static boolean isStep(AccessTarget target) {
    return STEPS.entrySet().stream()
        .anyMatch(
            step -> isIn(target, step.getKey()) && step.getValue().contains(target.getName()));
  }

  private static boolean isIn(AccessTarget target, String type) {
    return target.getOwner().getName().equals(type);
  }

  private static JavaClass outermost(JavaClass type) {
    return type.getEnclosingClass().map(CrashPointsTest::outermost).orElse(type);
  }
}
