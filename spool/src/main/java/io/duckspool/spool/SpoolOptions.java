package io.duckspool.spool;

import java.time.Duration;

/**
 * How a spool is written.
 *
 * @param syncMode when an append counts as durable
 * @param segmentBytes a segment ends once it holds so many bytes, envelopes included; at least 4096
 * @param segmentAge a segment ends once its first entry is so old; above 0
 * @param diskReserveBytes usable space below which {@link Spool#checkRoom} refuses; at least 0
 * @param maxEntryBytes largest payload; 1 to 268435456
 */
public record SpoolOptions(
    SyncMode syncMode,
    long segmentBytes,
    Duration segmentAge,
    long diskReserveBytes,
    int maxEntryBytes) {

  /** The largest payload any spool takes: the largest {@code max_body_bytes}. */
  public static final int LARGEST_ENTRY_BYTES = 256 << 20;

  public SpoolOptions {
    if (segmentBytes < 4096) {
      throw new IllegalArgumentException("segmentBytes must be >= 4096, got " + segmentBytes);
    }
    if (segmentAge.isNegative() || segmentAge.isZero()) {
      throw new IllegalArgumentException("segmentAge must be > 0, got " + segmentAge);
    }
    if (diskReserveBytes < 0) {
      throw new IllegalArgumentException("diskReserveBytes must be >= 0, got " + diskReserveBytes);
    }
    if (maxEntryBytes < 1 || maxEntryBytes > LARGEST_ENTRY_BYTES) {
      throw new IllegalArgumentException(
          "maxEntryBytes must be in [1, " + LARGEST_ENTRY_BYTES + "], got " + maxEntryBytes);
    }
  }

  /** The defaults of the configuration for a server with this {@code max_body_bytes}. */
  public static SpoolOptions defaults(int maxEntryBytes) {
    return new SpoolOptions(
        SyncMode.GROUP,
        512L << 20,
        Duration.ofSeconds(60),
        Math.max(1L << 30, 2L * maxEntryBytes),
        maxEntryBytes);
  }

  public SpoolOptions withSyncMode(SyncMode mode) {
    return new SpoolOptions(mode, segmentBytes, segmentAge, diskReserveBytes, maxEntryBytes);
  }

  public SpoolOptions withSegmentBytes(long bytes) {
    return new SpoolOptions(syncMode, bytes, segmentAge, diskReserveBytes, maxEntryBytes);
  }

  public SpoolOptions withSegmentAge(Duration age) {
    return new SpoolOptions(syncMode, segmentBytes, age, diskReserveBytes, maxEntryBytes);
  }

  public SpoolOptions withDiskReserveBytes(long bytes) {
    return new SpoolOptions(syncMode, segmentBytes, segmentAge, bytes, maxEntryBytes);
  }
}
