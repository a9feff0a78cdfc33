package io.duckspool.writer.pipeline;

import io.duckspool.spool.SpoolIndex;
import io.duckspool.writer.pipeline.AttemptsNote.Attempt;
import io.duckspool.writer.pipeline.AttemptsNote.Mode;
import java.io.IOException;

/**
 * Finds an entry that kills the process. After three deaths with the same batch in hand, entries
 * are taken one at a time; an entry that was alone in hand at three deaths goes to quarantine.
 * Taking one at a time ends after as many payload bytes as a batch could have held, or with the
 * quarantine.
 *
 * <p>Used by the pipeline's thread; owns the note.
 */
final class DeathWatch implements AutoCloseable {

  /** Deaths with one batch in hand before its entries are taken one at a time. */
  static final int MAX_BATCH_DEATHS = 3;

  /** Deaths with one entry in hand before it is quarantined. */
  static final int MAX_ENTRY_DEATHS = 3;

  private final AttemptsNote note;
  private final long maxSuspectBytes;
  private Attempt last;
  private long suspectBytes;

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

  /** Whether the next batch may hold one entry only. */
  boolean takesOneAtATime() {
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
    Mode mode = takesOneAtATime() ? Mode.SINGLE : Mode.BATCH;
    boolean again = last.mode() == mode && last.first().equals(first);
    last = new Attempt(mode, first, again ? last.tries() + 1 : 1, suspectBytes);
    note.write(last);
  }

  /** The try has ended without a death, well or not: it is no longer in hand. */
  void survived() throws IOException {
    if (last.mode() == Mode.IDLE) {
      return;
    }
    // An entry that is taken alone keeps its mode on disk: the search goes on after a death.
    last =
        takesOneAtATime() ? new Attempt(Mode.SINGLE, last.first(), 0, suspectBytes) : Attempt.NONE;
    note.write(last);
  }

  /** Entries were committed. */
  void passed(long payloadBytes) {
    suspectBytes = Math.max(0, suspectBytes - payloadBytes);
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
