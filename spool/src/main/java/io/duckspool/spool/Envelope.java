package io.duckspool.spool;

/**
 * What stands before a payload, as {@link EntryCodec} reads it.
 *
 * @param isSegmentHeader true for sequence 0 of a segment, which is no entry
 * @param headerBytes length of the envelope; the payload follows it
 * @param index where the entry says it stands
 * @param after the position behind it: its counters include the entry
 * @param meta what the receiver knew of it
 * @param payloadBytes length of the payload
 * @param payloadCrc CRC32C of the payload
 */
public record Envelope(
    boolean isSegmentHeader,
    int headerBytes,
    SpoolIndex index,
    SpoolPosition after,
    EntryMeta meta,
    int payloadBytes,
    int payloadCrc) {

  /** The position before the entry: its counters without the entry. */
  public SpoolPosition before() {
    return isSegmentHeader
        ? after.at(index)
        : new SpoolPosition(
            index, after.entries() - 1, after.rows() - meta.rows(), after.bytes() - payloadBytes);
  }

  /** Envelope and payload. */
  public int totalBytes() {
    return headerBytes + payloadBytes;
  }
}
