package io.duckspool.spool;

/**
 * The writer's published progress: a hint for backpressure and lists, the ledger is the truth.
 *
 * @param position after the last committed entry
 * @param seals seals over the life of the spool
 * @param quarantinedRows rows before the position that are in quarantine, or were given up
 */
public record CommittedMark(SpoolPosition position, long seals, long quarantinedRows) {

  /** What a missing or damaged checkpoint reads as. */
  public static final CommittedMark NONE = new CommittedMark(SpoolPosition.startOf(0), 0);

  public CommittedMark {
    if (seals < 0) {
      throw new IllegalArgumentException("seals must be >= 0, got " + seals);
    }
    if (quarantinedRows < 0) {
      throw new IllegalArgumentException("quarantinedRows must be >= 0, got " + quarantinedRows);
    }
  }

  /** With nothing in quarantine. */
  public CommittedMark(SpoolPosition position, long seals) {
    this(position, seals, 0);
  }
}
