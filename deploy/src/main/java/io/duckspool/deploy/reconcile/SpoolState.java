package io.duckspool.deploy.reconcile;

import io.duckspool.spool.SpoolIndex;
import java.util.List;
import java.util.Optional;

/**
 * How far a spool is committed, and what of it is in quarantine. To be taken before the tables are
 * read: what lies before the committed index is then in a table or in quarantine.
 *
 * @param committed everything before it is; empty: nobody says, so nothing counts as pending
 * @param quarantine half-open ranges
 */
public record SpoolState(Optional<SpoolIndex> committed, List<Range> quarantine) {
  /** Nothing is known of a spool. */
  public static final SpoolState UNKNOWN = new SpoolState(Optional.empty(), List.of());

  /** {@code [first, next)}. */
  public record Range(SpoolIndex first, SpoolIndex next) {
    boolean contains(SpoolIndex index) {
      return first.compareTo(index) <= 0 && index.compareTo(next) < 0;
    }
  }

  public SpoolState {
    quarantine = List.copyOf(quarantine);
  }

  boolean isPending(SpoolIndex index) {
    return committed.isPresent() && index.compareTo(committed.get()) >= 0;
  }

  boolean isQuarantined(SpoolIndex index) {
    return quarantine.stream().anyMatch(range -> range.contains(index));
  }
}
