package io.duckspool.deploy.rules;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaFieldAccess;
import io.duckspool.common.fault.CrashPoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Habits that a compiler doesn't check. */
final class HabitsTest {
  private static final Path ROOT =
      Path.of(System.getProperty("basedir", "")).toAbsolutePath().getParent();
  private static final List<String> MODULES =
      List.of("common", "spool", "receiver", "writer", "deploy", "docs");

  private static JavaClasses classes;

  @BeforeAll
  static void load() {
    classes = MainClasses.load();
    assertFalse(classes.isEmpty());
  }

  /** So that the list of crash points is the list of the windows that tests look into. */
  @Test
  void eachCrashPoint_isUsedExactlyOnce() {
    Map<String, Integer> uses = new TreeMap<>();
    for (CrashPoint point : CrashPoint.values()) {
      uses.put(point.name(), 0);
    }
    classes.stream()
        .filter(type -> !type.getName().equals(CrashPoint.class.getName()))
        .flatMap(type -> type.getFieldAccessesFromSelf().stream())
        .map(JavaFieldAccess::getTarget)
        .filter(field -> field.getOwner().getName().equals(CrashPoint.class.getName()))
        .forEach(field -> uses.merge(field.getName(), 1, Integer::sum));
    uses.values().removeIf(count -> count == 1);
    assertEquals(Map.of(), uses, "crash points that are not used exactly once");
  }

  /** Time comes in as a clock or a ticker, so that tests decide what time it is. */
  @Test
  void nobodyReadsTheClockDirectly() {
    noClasses().should().callMethod(System.class, "currentTimeMillis").check(classes);
    noClasses().should().callMethod(System.class, "nanoTime").check(classes);
    noClasses().should().callMethod(java.time.Instant.class, "now").check(classes);
    noClasses().should().callMethod(Thread.class, "sleep", long.class).check(classes);
  }

  @Test
  void everyPackage_isNullMarked() throws IOException {
    List<String> unmarked = new ArrayList<>();
    for (Path file : sources()) {
      Path info = file.resolveSibling("package-info.java");
      if (!Files.exists(info) || !Files.readString(info).contains("@NullMarked")) {
        unmarked.add(ROOT.relativize(file).toString());
      }
    }
    assertEquals(List.of(), unmarked);
  }

  @Test
  void noSource_hasANoteToSelf() throws IOException {
    List<String> notes = new ArrayList<>();
    String marks = "(?s).*\\b(TO" + "DO|FIX" + "ME|XX" + "X)\\b.*";
    for (Path file : sources()) {
      if (Files.readString(file).matches(marks)) {
        notes.add(ROOT.relativize(file).toString());
      }
    }
    assertEquals(List.of(), notes);
  }

  private static List<Path> sources() throws IOException {
    List<Path> files = new ArrayList<>();
    for (String module : MODULES) {
      try (Stream<Path> found = Files.walk(ROOT.resolve(module).resolve("src/main/java"))) {
        found.filter(file -> file.toString().endsWith(".java")).forEach(files::add);
      }
    }
    assertTrue(files.size() > 50, "found only " + files.size() + " sources below " + ROOT);
    return files;
  }
}
