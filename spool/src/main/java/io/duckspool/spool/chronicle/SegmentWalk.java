package io.duckspool.spool.chronicle;

import io.duckspool.spool.chronicle.SegmentReader.Found;
import java.io.IOException;

/**
 * Reads what is readable of one segment in order, over damage, and over bytes in payloads that look
 * like an entry. Owned by one thread, as its reader is.
 */
final class SegmentWalk {
  private final SegmentReader reader;
  private final Succession succession = new Succession();
  private long offset;
  private long minSequence;
  private boolean isAfterDamage;

  SegmentWalk(SegmentReader reader) {
    this.reader = reader;
  }

  /**
   * The next entry or segment header, whose bytes are in the reader's array; {@link Found.Newer},
   * which ends the walk; or {@link Found.Nothing} at the end, with the offset where nothing more
   * is.
   */
  Found next() throws IOException {
    Found found = reader.read(offset);
    isAfterDamage = !isNext(found);
    if (isAfterDamage) {
      long unread = found instanceof Found.Nothing nothing ? nothing.offset() : offset;
      found = search();
      if (found instanceof Found.Nothing) {
        return new Found.Nothing(unread);
      }
    }
    if (found instanceof Found.Entry entry) {
      succession.readUpTo(entry.envelope().after(), entry.nextOffset());
      minSequence = entry.envelope().index().sequence() + 1;
      offset = entry.nextOffset();
    }
    return found;
  }

  /** Whether what was returned last did not stand where the one before it ended. */
  boolean isAfterDamage() {
    return isAfterDamage;
  }

  /** Where entries are passed over, a word of metadata before them may have a wrong length. */
  private boolean isNext(Found found) {
    return found instanceof Found.Newer
        || (found instanceof Found.Entry entry
            && entry.envelope().index().sequence() == minSequence
            && !succession.refuses(entry));
  }

  private Found search() throws IOException {
    Found found = reader.search(offset, minSequence);
    while (found instanceof Found.Entry entry && succession.refuses(entry)) {
      found = reader.search(entry.nextOffset(), minSequence);
    }
    return found;
  }
}
