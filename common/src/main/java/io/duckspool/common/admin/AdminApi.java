package io.duckspool.common.admin;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import org.jspecify.annotations.Nullable;

/**
 * Requests and replies of the writer's control port, as JSON objects with these names in snake
 * case. All calls but {@code /healthz} and {@code /readyz} need {@code Authorization: Bearer
 * <control token>}. Errors are {@link Failure}.
 *
 * <p>Indices are text, {@code segment-sequence}; times of events are ages in milliseconds, null
 * before the first event.
 */
public final class AdminApi {

  /** {@code POST}: {@link Prepare}; 200 with {@link Prepared}, 400 when the target is refused. */
  public static final String PREPARE = "/admin/prepare";

  /** {@code POST}: {@link Seal}; 200 with {@link Sealed}. */
  public static final String SEAL = "/admin/seal";

  /** {@code POST}: {@link Release}; 200 with an empty object once no file of the spool is open. */
  public static final String RELEASE = "/admin/release";

  /** {@code POST}: {@link SetLedger}; 200 with {@link LedgerSet}, 400 with why nothing changed. */
  public static final String LEDGER = "/admin/ledger";

  /** {@code POST}: {@link Sql}; 200 with an array of row objects, or CSV. */
  public static final String SQL = "/admin/sql";

  /** {@code GET}: 200 with an array of {@link PipelineStatus}. */
  public static final String PIPELINES = "/admin/pipelines";

  private AdminApi() {}

  /**
   * Checks and makes the target of a server, its ledger row included, and starts its pipeline. The
   * server's folder holds the parameters, in state preparing. Safe to repeat.
   *
   * @param server name of the server's folder
   * @param spoolId must be the one in the server file
   */
  public record Prepare(String server, String spoolId) {}

  /**
   * The target is ready and its ledger durable.
   *
   * @param catalogName the catalog that holds the tables, by its name in DuckDB
   */
  public record Prepared(String spoolId, String catalogName) {}

  /**
   * Commits everything before an index.
   *
   * @param index commit at least up to here, exclusive
   * @param trigger {@code flush} or {@code stop}
   * @param timeoutMs how long to wait; null = as long as it takes
   */
  public record Seal(String spoolId, String index, String trigger, @Nullable Long timeoutMs) {}

  /**
   * What became of a {@link Seal}.
   *
   * @param status {@code sealed}, {@code error}, or {@code unknown} when the writer has no such
   *     pipeline
   * @param sealedRows rows between the committed index at the call and the asked one
   * @param sealsTotal of the pipeline since the writer's start
   * @param error null when sealed
   */
  public record Sealed(String status, long sealedRows, long sealsTotal, @Nullable String error) {}

  /**
   * Closes the files of a spool, so that the receiver may repair it; the pipeline opens them again
   * by itself.
   */
  public record Release(String spoolId) {}

  /**
   * Sets the ledger of a server whose pipeline refuses its target because ledger and spool
   * disagree.
   *
   * @param listenUri canonical
   * @param next where to go on; null: at the oldest segment of the spool
   * @param acceptGap whether entries that are neither in the target nor in the spool are given up
   */
  public record SetLedger(String listenUri, @Nullable String next, boolean acceptGap) {}

  /**
   * The ledger is set, durable.
   *
   * @param previousIndex where it stood; null: there was none
   * @param mayLoseEntries entries before the index that are lost, where the target lacks them
   * @param mayDoubleEntries entries from the index on that are doubled, where the target has them
   */
  public record LedgerSet(
      String spoolId,
      @Nullable String previousIndex,
      String nextIndex,
      long mayLoseEntries,
      long mayLoseRows,
      long mayDoubleEntries,
      long mayDoubleRows) {}

  /**
   * A read-only statement.
   *
   * @param format {@code json} (default) or {@code csv}
   */
  public record Sql(String sql, @Nullable String format) {}

  /**
   * One pipeline at one moment.
   *
   * @param state {@code starting}, {@code running}, {@code waiting_for_receiver}, {@code paused},
   *     {@code target_refused} or {@code stopping}
   * @param sealFailing whether the last seal failed and none succeeded since
   */
  @JsonInclude(JsonInclude.Include.ALWAYS)
  @JsonPropertyOrder({"spoolId", "listenUri", "state"})
  public record PipelineStatus(
      String spoolId,
      String listenUri,
      String state,
      String committedIndex,
      long committedEntriesTotal,
      long committedRowsTotal,
      long committedBytesTotal,
      long quarantinedEntriesTotal,
      long quarantinedRowsTotal,
      long bufferedBytes,
      @Nullable Long oldestBufferedAgeMs,
      @Nullable Long lastSealAgeMs,
      long sealsTotal,
      long sealFailuresTotal,
      boolean sealFailing,
      @Nullable String sealLastError,
      @Nullable String lastError) {}

  /** The body of every error: a code from a closed list, and what happened. */
  public record Failure(String error, String message) {}
}
