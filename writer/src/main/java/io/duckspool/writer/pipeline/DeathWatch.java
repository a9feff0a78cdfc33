package io.duckspool.writer.pipeline;

import io.duckspool.spool.SpoolIndex;
import io.duckspool.writer.pipeline.AttemptsNote.Attempt;
import io.duckspool.writer.pipeline.AttemptsNote.Mode;
import java.io.IOException;

/**
 * Finds an entry that kills the process. After three deaths with the same batch in hand, entries
 * are taken one at a time; an entry that was alone in hand at three deaths goes to quarantine. Once
 * some were fine alone, each commit lets the next batch hold twice as many; a death begins anew
 * with one. The search ends after as many payload bytes as a batch could have held, or with the
 * quarantine. So a killer among n entries takes some log2(n) deaths to find; and where there is
 * none, for the process was killed from outside, n entries don't take n commits.
 *
 * <p>Used by the pipeline's thread; owns the note.
 */
final class DeathWatch implements AutoCloseable {

  /** Deaths with one batch in hand before its entries are taken one at a time. */
  static final int MAX_BATCH_DEATHS = 3;

  /** Deaths with one entry in hand before it is quarantined. */
  static final int MAX_ENTRY_DEATHS = 3;

  /** Entries that are taken one at a time, after a death, before batches grow. */
  static final int COMMITS_ALONE = 8;

  private final AttemptsNote note;
  private final long maxSuspectBytes;
  private Attempt last;
  private long suspectBytes;

  /** What a batch may hold in a search. */
  private long room = 1;

  private int commitsAlone;

  /**
   * Takes up the note that the last process left.
   *
   * @param maxSuspectBytes payload bytes that a batch may hold, with its last entry
   */
  DeathWatch(AttemptsNote note, long maxSuspectBytes) throws IOException {
    this.note = note;
    this.maxSuspectBytes = maxSuspectBytes;
    this.last = note.read();
    this.suspectBytes = last.mode() == Mode.SINGLE ? last.suspectBytes() : 0;
    if (last.mode() == Mode.IDLE) {
      last = Attempt.NONE;
    } else {
      note.syncFromNowOn();
      if (last.mode() == Mode.BATCH && last.tries() >= MAX_BATCH_DEATHS) {
        suspectBytes = maxSuspectBytes;
      }
    }
  }

  /** How many entries the next batch may hold. */
  long maxEntries() {
    return isSearching() ? room : Long.MAX_VALUE;
  }

  private boolean isSearching() {
    return suspectBytes > 0;
  }

  /**
   * Whether the entry alone in hand at the last three deaths is this one.
   *
   * @param first index of the next entry
   */
  boolean condemns(SpoolIndex first) {
    return last.mode() == Mode.SINGLE
        && last.first().equals(first)
        && last.tries() >= MAX_ENTRY_DEATHS;
  }

  /** Notes that a batch from {@code first} on is taken in hand. On disk when it returns. */
  void begin(SpoolIndex first) throws IOException {
    Mode mode = isSearching() ? Mode.SINGLE : Mode.BATCH;
    boolean again = last.mode() == mode && last.first().equals(first);
    boolean mayHaveCompany = isSearching() && room > 1; // It alone is not to blame, then.
    int tries = mayHaveCompany ? 0 : again ? last.tries() + 1 : 1;
    last = new Attempt(mode, first, tries, suspectBytes);
    note.write(last);
  }

  /** The try has ended without a death, well or not: it is no longer in hand. */
  void survived() throws IOException {
    if (last.mode() == Mode.IDLE) {
      return;
    }
    // On disk the mode stays: the search goes on after a death.
    last = isSearching() ? new Attempt(Mode.SINGLE, last.first(), 0, suspectBytes) : Attempt.NONE;
    note.write(last);
  }

  /** Entries were committed. */
  void passed(long payloadBytes) {
    suspectBytes = Math.max(0, suspectBytes - payloadBytes);
    if (++commitsAlone >= COMMITS_ALONE) {
      room = Math.min(2 * room, Integer.MAX_VALUE);
    }
  }

  /** The entry that killed the process is in quarantine: the search is over. */
  void found() {
    suspectBytes = 0;
  }

  @Override
  public void close() throws IOException {
    note.close();
  }
}
