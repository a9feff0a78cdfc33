package io.duckspool.spool.chronicle;

import io.duckspool.spool.EntryCodec;
import io.duckspool.spool.SpoolPosition;
import io.duckspool.spool.chronicle.SegmentReader.Found;
import java.util.Optional;

/**
 * Tells the entries of one segment from bytes in a payload that look like one: index and counters
 * go on from what was read before, and what is missing between has to fit into the bytes between.
 * Until something of the segment was read, nothing is known.
 */
final class Succession {

  private static final long MIN_DOCUMENT_BYTES =
      SegmentReader.WORD_BYTES + (long) EntryCodec.HEADER_BYTES;

  private Optional<SpoolPosition> last = Optional.empty();
  private long lastOffset;

  /** Whether what was found is an entry that can't stand there. */
  boolean refuses(Found found) {
    return last.isPresent()
        && found instanceof Found.Entry entry
        && !follows(last.get(), entry.envelope().before(), entry.offset() - lastOffset);
  }

  private static boolean follows(SpoolPosition from, SpoolPosition to, long bytesBetween) {
    long missing = to.next().sequence() - from.next().sequence();
    return missing == 0
        ? to.hasCountersOf(from)
        : missing > 0
            && missing <= bytesBetween / MIN_DOCUMENT_BYTES
            && to.entries() - from.entries() == missing
            && to.rows() >= from.rows()
            && to.bytes() >= from.bytes()
            && to.bytes() - from.bytes() <= bytesBetween;
  }

  /**
   * Something was read.
   *
   * @param after the position behind it, in this segment
   * @param nextOffset where the next document begins
   */
  void readUpTo(SpoolPosition after, long nextOffset) {
    last = Optional.of(after);
    lastOffset = nextOffset;
  }
}
