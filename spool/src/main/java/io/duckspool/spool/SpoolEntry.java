package io.duckspool.spool;

/**
 * One entry as read. The array belongs to the tailer and is valid until its next call; everything
 * else is the caller's to keep.
 */
public final class SpoolEntry implements SpoolRead {

  private final SpoolIndex index;
  private final SpoolPosition after;
  private final EntryMeta meta;
  private final byte[] array;
  private final int payloadOffset;
  private final int payloadLength;

  /**
   * @param array envelope from 0 to {@code payloadOffset}, then the payload; owned by the tailer
   */
  public SpoolEntry(
      SpoolIndex index,
      SpoolPosition after,
      EntryMeta meta,
      byte[] array,
      int payloadOffset,
      int payloadLength) {
    this.index = index;
    this.after = after;
    this.meta = meta;
    this.array = array;
    this.payloadOffset = payloadOffset;
    this.payloadLength = payloadLength;
  }

  /** Where the entry stands. */
  public SpoolIndex index() {
    return index;
  }

  /** The position behind the entry, itself counted. */
  public SpoolPosition after() {
    return after;
  }

  public EntryMeta meta() {
    return meta;
  }

  /**
   * The entry as stored: {@code [0, payloadOffset)} is the envelope, then the payload. Borrowed
   * until the tailer's next call; longer than the entry.
   */
  public byte[] array() {
    return array;
  }

  /** Offset of the payload in {@link #array}, which is the length of the envelope. */
  public int payloadOffset() {
    return payloadOffset;
  }

  public int payloadLength() {
    return payloadLength;
  }
}
