package io.duckspool.spool;

import java.util.List;

/** What {@link SpoolTailer#read} found. */
public sealed interface SpoolRead
    permits SpoolEntry,
        SpoolRead.AtDurableMark,
        SpoolRead.WaitingForReceiver,
        SpoolRead.Damaged,
        SpoolRead.NewerFormat {

  /** Everything below the durable mark was read. */
  record AtDurableMark() implements SpoolRead {}

  /**
   * The durable mark can't be trusted until the receiver has scanned the spool.
   *
   * @param reason for the log
   */
  record WaitingForReceiver(String reason) implements SpoolRead {}

  /**
   * Entries that were durable can't be read; the tailer now stands at {@code to} and goes on there.
   * The entries lost are exactly the difference of the counters.
   *
   * @param from where reading stopped
   * @param to the next readable entry, or the durable mark
   * @param bytes what lies between, for quarantine, oldest first; empty for a missing segment
   * @param reason for the log
   */
  record Damaged(SpoolPosition from, SpoolPosition to, List<FileRange> bytes, String reason)
      implements SpoolRead {
    public Damaged {
      bytes = List.copyOf(bytes);
    }

    public long lostEntries() {
      return to.entries() - from.entries();
    }

    public long lostRows() {
      return to.rows() - from.rows();
    }

    public long lostBytes() {
      return to.bytes() - from.bytes();
    }
  }

  /**
   * The next entry was written by a newer duckspool; the tailer does not pass it.
   *
   * @param at where it stands
   * @param version its format version
   */
  record NewerFormat(SpoolPosition at, int version) implements SpoolRead {}
}
