package io.duckspool.writer.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.spool.SpoolIndex;
import io.duckspool.writer.pipeline.AttemptsNote.Attempt;
import io.duckspool.writer.pipeline.AttemptsNote.Mode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DeathWatchTest {

  private static final SpoolIndex FIRST = new SpoolIndex(60_000_001, 5);
  private static final SpoolIndex SECOND = new SpoolIndex(60_000_001, 6);

  @TempDir Path temp;
  private Path file;

  @BeforeEach
  void nameFile() {
    file = temp.resolve("attempts.note");
  }

  @Test
  void afterThreeDeathsWithTheSameBatch_entriesAreTakenOneAtATime() throws IOException {
    die(FIRST);
    die(FIRST);
    assertFalse(start().takesOneAtATime());
    die(FIRST);
    assertTrue(start().takesOneAtATime());
    assertFalse(start().condemns(FIRST));
  }

  @Test
  void threeMoreDeathsWithOneEntryInHandCondemnIt_andEndTheSearch() throws IOException {
    for (int death = 0; death < 6; death++) {
      assertFalse(start().condemns(FIRST), "after " + death + " deaths");
      die(FIRST);
    }
    DeathWatch watch = start();
    assertTrue(watch.condemns(FIRST));
    assertFalse(watch.condemns(SECOND));
    watch.found();
    watch.survived();
    assertFalse(watch.takesOneAtATime());
    assertFalse(start().condemns(FIRST));
  }

  @Test
  void theKillerIsFoundBehindEntriesThatAreFine() throws IOException {
    for (int death = 0; death < 3; death++) {
      die(FIRST);
    }
    for (int death = 0; death < 3; death++) {
      DeathWatch watch = start();
      if (death == 0) {
        watch.begin(FIRST);
        watch.passed(10);
        watch.survived();
      }
      assertTrue(watch.takesOneAtATime());
      assertFalse(watch.condemns(SECOND));
      watch.begin(SECOND);
    }
    assertTrue(start().condemns(SECOND));
  }

  @Test
  void takingOneAtATimeEndsAfterAsManyBytesAsABatchHolds() throws IOException {
    for (int death = 0; death < 3; death++) {
      die(FIRST);
    }
    DeathWatch watch = start();
    watch.begin(FIRST);
    watch.passed(60);
    watch.survived();
    assertTrue(start().takesOneAtATime());
    watch.begin(SECOND);
    watch.passed(40);
    watch.survived();
    assertFalse(watch.takesOneAtATime());
    assertFalse(start().takesOneAtATime());
  }

  @Test
  void progressBetweenDeathsStartsTheCountAnew() throws IOException {
    die(FIRST);
    die(FIRST);
    die(SECOND);
    die(FIRST);
    assertFalse(start().takesOneAtATime());
  }

  @Test
  void aTryThatFailedWithoutADeathIsNoDeath() throws IOException {
    for (int i = 0; i < 10; i++) {
      DeathWatch watch = start();
      watch.begin(FIRST);
      watch.survived();
    }
    assertFalse(start().takesOneAtATime());
  }

  @Test
  void aNoteThatIsCutOrFlippedAnywhereSaysNothing() throws IOException {
    try (AttemptsNote note = AttemptsNote.open(file)) {
      note.write(new Attempt(Mode.SINGLE, FIRST, 3, 100));
    }
    byte[] whole = Files.readAllBytes(file);
    int textLength = new String(whole, java.nio.charset.StandardCharsets.US_ASCII).strip().length();
    for (int i = 0; i < textLength; i++) {
      byte[] flipped = whole.clone();
      flipped[i] ^= 0x04;
      Files.write(file, flipped);
      try (AttemptsNote note = AttemptsNote.open(file)) {
        assertEquals(Attempt.NONE, note.read(), "flipped at " + i);
      }
      Files.write(file, java.util.Arrays.copyOf(whole, i));
      try (AttemptsNote note = AttemptsNote.open(file)) {
        assertEquals(Attempt.NONE, note.read(), "cut at " + i);
      }
    }
  }

  private void die(SpoolIndex first) throws IOException {
    DeathWatch watch = start();
    watch.begin(first);
    watch.close();
  }

  private DeathWatch start() throws IOException {
    return new DeathWatch(AttemptsNote.open(file), 100);
  }
}
