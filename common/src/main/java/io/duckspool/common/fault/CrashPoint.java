package io.duckspool.common.fault;

import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A named line on the durability path at which a test halts the process, without shutdown hooks and
 * without flushing, as {@code kill -9} at that very instant would. Off unless the environment names
 * a point:
 *
 * <pre>
 * DUCKSPOOL_CRASH_AT=SERVER_FILE_RENAMED                the first time it is reached
 * DUCKSPOOL_CRASH_AT=SERVER_FILE_RENAMED:3              the third time
 * DUCKSPOOL_CRASH_AT=SEAL_TABLE_INSERTED@otlp_traces    the first time it is reached for that part
 * </pre>
 *
 * <p>Each constant is used exactly once in the main sources, so that a list of all points is a list
 * of all windows. Thread-safe; costs one static field read where no point is named.
 */
public enum CrashPoint {
  /** The data files of a seal into a lake are written, not yet synced. */
  LAKE_FILES_WRITTEN,
  /** The data files of a seal into a lake are synced, its transaction has not begun. */
  LAKE_FILES_SYNCED,
  /** Files of a lake are merged, and the merged ones synced, in a transaction still open. */
  LAKE_MERGED,
  /** Files of a lake are merged for good; what no snapshot needs is still there. */
  LAKE_MERGE_COMMITTED,
  /** A seal's transaction is open, nothing is written. */
  SEAL_BEGUN,
  /** The ledger is moved in the seal's transaction, no row is inserted. */
  SEAL_LEDGER_MOVED,
  /** The rows of one table are inserted in the seal's transaction; a part is a table. */
  SEAL_TABLE_INSERTED,
  /** Everything of the seal is written, COMMIT is next. */
  SEAL_BEFORE_COMMIT,
  /** The seal is committed, nobody knows yet. */
  SEAL_COMMITTED,
  /** The transaction of a seal to Iceberg is open, nothing is asked. */
  ICEBERG_BEGUN,
  /** The ledger's properties are set in the transaction of a seal, no row is inserted. */
  ICEBERG_LEDGER_MOVED,
  /** The files with a seal's rows of one Iceberg table are written; a part is a table. */
  ICEBERG_TABLE_INSERTED,
  /** Everything of a seal to Iceberg is written, the catalog knows nothing. */
  ICEBERG_BEFORE_COMMIT,
  /** The catalog has committed a seal, nobody knows yet. */
  ICEBERG_COMMITTED,
  /** The tables in Iceberg hold the start of a ledger, nobody knows yet. */
  ICEBERG_LEDGER_BEGUN,
  /** The new content of a server file is written under a temporary name, not yet synced. */
  SERVER_FILE_WRITTEN,
  /** The temporary file is synced, not yet renamed. */
  SERVER_FILE_SYNCED,
  /** The file has its name, the folder is not yet synced. */
  SERVER_FILE_RENAMED,
  /** A new server has its spool and says where it begins; the writer knows nothing of it. */
  SERVER_SPOOL_MADE,
  /** The target of a new server holds its ledger; the server still counts as preparing. */
  SERVER_TARGET_MADE,
  /** A call makes a server: its folder says preparing, its spool is not made. */
  SERVE_FOLDER_MADE,
  /** A server that a call made is remembered, its socket takes nothing yet. */
  SERVE_REMEMBERED,
  /** A server that a call made takes requests, the caller does not know. */
  SERVE_LISTENING,
  /** The spool of a server that could not be served is closed, its folder is still there. */
  SERVE_TAKEN_BACK,
  /** The writer handed a kept spool back, with the limits and the token of before. */
  SERVE_TAKEN_UP,
  /** A flush has its index, the writer is not asked. */
  FLUSH_CAPTURED,
  /** The writer has done what a flush asks for, the caller does not know. */
  FLUSH_SEALED,
  /** A stop of a declared server is noted, the server still admits. */
  STOP_NOTED,
  /** The spool of a server that stops is closed; it is still remembered as serving. */
  STOP_SPOOL_CLOSED,
  /** A server is remembered as stopping, the writer is not told where its spool ends. */
  STOP_REMEMBERED,
  /** The port of a stopped server is free and its drain goes on; the caller waits. */
  STOP_PORT_FREED,
  /** A checkpoint has its file, which is empty. */
  CHECKPOINT_FILE_MADE,
  /** Half a slot of a checkpoint is written, the other slot holds what was published before. */
  CHECKPOINT_HALF_WRITTEN,
  /** The entries of the next sync are appended, none of them is synced. */
  SPOOL_APPENDED,
  /** Appended entries are synced, the durable mark is not yet published. */
  SPOOL_FORCED,
  /** The durable mark is published, none of the requests that wait for it is answered. */
  SPOOL_MARK_PUBLISHED,
  /** A new segment holds its header, nothing of the roll is synced yet. */
  SPOOL_SEGMENT_BEGUN,
  /** A segment is synced to its end, the next one does not exist yet. */
  SPOOL_SEGMENT_ENDING,
  /** A committed segment is deleted, its folder is not yet synced. */
  SPOOL_SEGMENT_DELETED,
  /** A file in quarantine is durable, the ledger has not passed its entry. */
  QUARANTINE_SYNCED,
  /** A replay of a quarantine has its intent, nothing of it is in the target. */
  QUARANTINE_REPLAY_NOTED,
  /** The target has the ledger row of a replay, not its rows. */
  QUARANTINE_REPLAY_LEDGER_MADE,
  /** The target has the rows of a replay, nothing says so here. */
  QUARANTINE_REPLAY_COMMITTED,
  /** One file of a replay whose rows are in the target is removed from quarantine, not synced. */
  QUARANTINE_REPLAY_FILE_REMOVED,
  /** The ledger row of a replay is removed, its intent is still there. */
  QUARANTINE_REPLAY_LEDGER_REMOVED,
  /** It is noted that an entry in quarantine is given up, its bytes are still there. */
  QUARANTINE_DROP_NOTED,
  /** A batch is frozen, its transaction has not begun. */
  SEAL_FROZEN,
  /** The committed checkpoint is published, the segments below it are still there. */
  CHECKPOINT_PUBLISHED,
  /** The Parquet files of a seal are made in staging, not yet synced. */
  EXPORT_COPIED,
  /** The staged files of a seal are synced, nothing names them. */
  EXPORT_STAGED,
  /** The intent of a seal is durable, none of its files has its place. */
  EXPORT_INTENT_WRITTEN,
  /** The files of a seal are on the file system of their places, none has its name. */
  EXPORT_FILES_BROUGHT,
  /**
   * One file of a seal has its place, not yet synced; a part is how many of the seal's files have
   * theirs.
   */
  EXPORT_FILE_PLACED,
  /** All files of a seal have their places, the ledger is not moved. */
  EXPORT_SYNCED,
  /** The ledger of a Parquet root is moved, the intent is still there. */
  EXPORT_LEDGER_MOVED,
  /** The intent of a seal is removed, what was staged is still there. */
  EXPORT_INTENT_REMOVED,
  /** A server that was stopping is marked as serving again; the receiver knows nothing of it. */
  TAKE_UP_WRITTEN,
  /** The other target of a kept spool holds its ledger, the server file names the first one. */
  REPLAY_LEDGER_MADE,
  /** The server file names the other target, the ledger row in the first one is still there. */
  REPLAY_TARGET_CHANGED,
  /** The ledger row in the first target of a replayed spool is removed. */
  REPLAY_LEDGER_REMOVED,
  /** It is noted that a kept spool is to be removed with all that is not committed. */
  DISCARD_NOTED,
  /** A stopped server is marked as drained. */
  STOP_DRAINED,
  /** The quarantine of a stopped server has its place in the data folder. */
  STOP_QUARANTINE_MOVED,
  /** The folder of a stopped server has its name among those that go. */
  STOP_FOLDER_RENAMED,
  /** The ledger row of a stopped server is removed, its folder is still there. */
  STOP_LEDGER_REMOVED;

  /** Exit status of a halted process: that of one killed by SIGKILL, as a shell shows it. */
  public static final int EXIT_STATUS = 137;

  /** The variable that names the point. */
  public static final String ENVIRONMENT_VARIABLE = "DUCKSPOOL_CRASH_AT";

  private static final @Nullable CrashPoint ARMED;
  private static final String PART;
  private static final AtomicInteger REMAINING = new AtomicInteger();

  static {
    Order order = Order.of(System.getenv());
    ARMED = order == null ? null : order.point();
    PART = order == null ? "" : order.part();
    REMAINING.set(order == null ? 0 : order.times());
  }

  /** Halts the JVM when this is the named point and its turn has come; else returns at once. */
  public void reached() {
    reached("");
  }

  /**
   * As {@link #reached()}, where a step reaches the point once for each of its parts.
   *
   * @param part which one it is
   */
  public void reached(String part) {
    if (ARMED == this
        && (PART.isEmpty() || PART.equals(part))
        && REMAINING.decrementAndGet() == 0) {
      Runtime.getRuntime().halt(EXIT_STATUS);
    }
  }

  /**
   * What the environment asks for.
   *
   * @param part empty: any
   */
  record Order(CrashPoint point, String part, int times) {

    static @Nullable Order of(Map<String, String> environment) {
      String text = environment.get(ENVIRONMENT_VARIABLE);
      if (text == null || text.isBlank()) {
        return null;
      }
      int colon = text.indexOf(':');
      String place = colon < 0 ? text : text.substring(0, colon);
      int times = colon < 0 ? 1 : Integer.parseInt(text.substring(colon + 1).strip());
      if (times < 1) {
        throw new IllegalArgumentException(
            ENVIRONMENT_VARIABLE + ": times must be > 0, got " + times);
      }
      int at = place.indexOf('@');
      String name = at < 0 ? place : place.substring(0, at);
      String part = at < 0 ? "" : place.substring(at + 1).strip();
      return new Order(valueOf(name.strip().toUpperCase(Locale.ROOT)), part, times);
    }
  }
}
