package io.duckspool.deploy.cli;

import io.duckspool.spool.SpoolIndex;
import java.util.Optional;

/**
 * The entries that are wanted.
 *
 * @param from the first one
 * @param to behind the last one; empty: no bound
 */
record IndexRange(SpoolIndex from, Optional<SpoolIndex> to) {

  private static final SpoolIndex START = new SpoolIndex(0, 0);

  /** Whether there is no bound. */
  boolean isAll() {
    return from.equals(START) && to.isEmpty();
  }

  /** Whether an index lies at or behind the end. */
  boolean isPassedBy(SpoolIndex index) {
    return to.isPresent() && index.compareTo(to.get()) >= 0;
  }

  /**
   * Whether a range has a part in this one. One without an entry is where its index is.
   *
   * @param next behind the last one
   */
  boolean overlaps(SpoolIndex first, SpoolIndex next) {
    return (next.compareTo(from) > 0 || first.compareTo(from) >= 0) && !isPassedBy(first);
  }
}
