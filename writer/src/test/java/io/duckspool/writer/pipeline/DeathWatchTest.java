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
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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
  void afterThreeDeathsWithTheSameBatch_theNextBatchHoldsOneEntry() throws IOException {
    die(FIRST);
    die(FIRST);
    assertEquals(Long.MAX_VALUE, start().maxEntries());
    die(FIRST);
    assertEquals(1, start().maxEntries());
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
    assertEquals(Long.MAX_VALUE, watch.maxEntries());
    assertFalse(start().condemns(FIRST));
  }

  @Test
  void theKillerIsFoundBehindEntriesThatAreFine() throws IOException {
    for (int death = 0; death < 3; death++) {
      die(FIRST);
    }
    DeathWatch watch = start();
    watch.begin(FIRST);
    watch.passed(10);
    watch.survived();
    for (int death = 0; death < 3; death++) {
      assertFalse(start().condemns(SECOND));
      die(SECOND);
    }
    assertTrue(start().condemns(SECOND));
  }

  @Test
  void theSearchEndsAfterAsManyBytesAsABatchHolds() throws IOException {
    for (int death = 0; death < 3; death++) {
      die(FIRST);
    }
    DeathWatch watch = start();
    watch.begin(FIRST);
    watch.passed(60);
    watch.survived();
    assertEquals(1, start().maxEntries());
    watch.begin(SECOND);
    watch.passed(40);
    watch.survived();
    assertEquals(Long.MAX_VALUE, watch.maxEntries());
    assertEquals(Long.MAX_VALUE, start().maxEntries());
  }

  @Test
  void commitsDoubleTheNextBatch_andADeathInCompanyIsNotHeldAgainstItsFirstEntry()
      throws IOException {
    for (int death = 0; death < 3; death++) {
      die(FIRST);
    }
    DeathWatch watch = start();
    for (int entries : List.of(1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 8)) {
      assertEquals(entries, watch.maxEntries());
      watch.begin(FIRST);
      watch.passed(entries);
      watch.survived();
    }
    watch.begin(SECOND);
    for (int death = 0; death < 3; death++) {
      assertEquals(1, start().maxEntries());
      assertFalse(start().condemns(SECOND), "after " + death + " deaths alone");
      die(SECOND);
    }
    assertTrue(start().condemns(SECOND));
  }

  /** Of a backlog as large as a batch: kills from outside cost few commits, a killer few deaths. */
  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 1, 7, 8, 9, 500, 511, 512, 998, 999})
  void aSearchTakesLogarithmicallyManyCommitsAndDeaths(int killer) throws IOException {
    int entries = 1000;
    int deaths = 3;
    for (int death = 0; death < deaths; death++) {
      die(indexOf(0), entries);
    }
    int commits = 0;
    int condemned = -1;
    int next = 0;
    DeathWatch watch = start(entries);
    while (next < entries) {
      if (watch.condemns(indexOf(next))) {
        condemned = next;
        watch.found();
      }
      watch.begin(indexOf(next));
      int end = (int) Math.min(entries, next + watch.maxEntries());
      if (next <= killer && killer < end && condemned < 0) {
        deaths++;
        watch.close();
        watch = start(entries);
      } else {
        commits++;
        watch.passed(end - next);
        watch.survived();
        next = end;
      }
    }
    assertEquals(killer, condemned);
    assertTrue(deaths <= (killer < DeathWatch.COMMITS_ALONE ? 6 : 6 + 10), deaths + " deaths");
    assertTrue(commits <= 10 * deaths, commits + " commits");
  }

  private static SpoolIndex indexOf(int entry) {
    return new SpoolIndex(60_000_001, entry + 1);
  }

  @Test
  void progressBetweenDeathsStartsTheCountAnew() throws IOException {
    die(FIRST);
    die(FIRST);
    die(SECOND);
    die(FIRST);
    assertEquals(Long.MAX_VALUE, start().maxEntries());
  }

  @Test
  void aTryThatFailedWithoutADeathIsNoDeath() throws IOException {
    for (int i = 0; i < 10; i++) {
      DeathWatch watch = start();
      watch.begin(FIRST);
      watch.survived();
    }
    assertEquals(Long.MAX_VALUE, start().maxEntries());
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
    die(first, 100);
  }

  private void die(SpoolIndex first, int maxBytes) throws IOException {
    DeathWatch watch = start(maxBytes);
    watch.begin(first);
    watch.close();
  }

  private DeathWatch start() throws IOException {
    return start(100);
  }

  private DeathWatch start(int maxBytes) throws IOException {
    return new DeathWatch(AttemptsNote.open(file), maxBytes);
  }
}
