package io.duckspool.spool;

import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.OptionalLong;

/**
 * The receiver's handle on the spool of one server: the only appender. Safe for use by many
 * threads; closed by whoever opened it.
 *
 * <p>If the process dies here, every append whose listener heard {@link AppendListener#onDurable}
 * is found by the next reader, once; others are found once or not at all.
 */
public interface Spool extends AutoCloseable {

  /**
   * Appends one entry. Either throws, and then the listener is never called and no reader ever sees
   * the entry; or returns, and the listener is called exactly once, perhaps before the return.
   * Blocks for the append lock, never for a sync, except when the segment ends with this entry.
   *
   * @param payload borrowed until return, read from position to limit; its position is left alone
   * @return index of the entry
   * @throws SpoolFullException the disk has no room
   * @throws SpoolPoisonedException an earlier sync failed
   * @throws SpoolClosedException the spool is closed
   * @throws IllegalArgumentException the payload is over {@link SpoolOptions#maxEntryBytes}
   */
  SpoolIndex append(EntryMeta meta, ByteBuffer payload, AppendListener listener)
      throws SpoolException;

  /**
   * The disk guard: passes when the file system has room for what is in flight above the reserve.
   *
   * @param inFlightBytes bytes admitted but not yet appended, this request's included
   * @throws SpoolFullException usable space minus {@code inFlightBytes} is under the reserve
   */
  void checkRoom(long inFlightBytes) throws SpoolFullException;

  /** After the last append; exact, O(1), no lock. */
  SpoolPosition head();

  /** After the last durable append; what a flush captures. Exact, O(1), no lock. */
  SpoolPosition durable();

  /** The writer's published checkpoint; zero counters when there is none: a hint. O(1). */
  CommittedMark committed();

  /** Payload bytes appended and not committed; exact, O(1). */
  default long backlogBytes() {
    return Math.max(0, head().bytes() - committed().position().bytes());
  }

  /**
   * Age in milliseconds of the oldest entry that is not committed, at most 100 ms too high for
   * entries of this run; empty when all is committed.
   */
  OptionalLong oldestUncommittedAgeMillis(InstantSource clock);

  /** Random id of the spool, 32 lower-case hex characters. */
  String spoolId();

  /** Id of this receiver run, 32 lower-case hex characters. */
  String runId();

  /**
   * Where this run begins: sequence 0 of its first segment. For a new spool this is the ledger's
   * first {@code next_index}.
   */
  SpoolIndex firstIndex();

  /**
   * Bytes the spool's files take on the disk, by blocks; lists the folder, not for each request.
   */
  long diskBytes();

  /** True once a sync or append failed: nothing is accepted until the process restarts. */
  boolean isPoisoned();

  /**
   * Syncs what was appended, and its mark, tells the listeners, releases reserved space and closes
   * the files. Idempotent. Later appends get {@link SpoolClosedException}. The spool is poisoned
   * afterwards where a sync failed.
   */
  @Override
  void close();
}
