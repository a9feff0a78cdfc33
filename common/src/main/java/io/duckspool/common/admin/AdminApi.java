package io.duckspool.common.admin;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Requests and replies of the control ports, as JSON objects with these names in snake case, their
 * keys in the order of the records. All calls but {@code /healthz} and {@code /readyz} need {@code
 * Authorization: Bearer <control token>}. Errors are {@link Failure}.
 *
 * <p>People and scripts call the receiver ({@code otlp_…}); it calls the writer for its part.
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

  /**
   * {@code POST}: {@link Sql}; 200 with an array of row objects, CSV, or an Arrow stream, 400 when
   * the statement is refused or fails, 503 with {@code Retry-After} while two others run, or when a
   * seal needs its memory. An answer that fails once it has begun ends with a broken connection.
   */
  public static final String SQL = "/admin/sql";

  /** {@code GET}: 200 with an array of {@link PipelineStatus}. */
  public static final String PIPELINES = "/admin/pipelines";

  /** {@code GET}, writer: 200 with an array of {@link SealRow}, by server, newest first. */
  public static final String SEALS = "/admin/seals";

  /** {@code POST}, writer: {@link ServerUri}; 200 with {@link PipelineAt}. Stays over restarts. */
  public static final String PAUSE = "/admin/pause";

  /** {@code POST}, writer: {@link ServerUri}; 200 with {@link PipelineAt}. */
  public static final String RESUME = "/admin/resume";

  /** {@code POST}, writer: {@link TakeUp}; 200 with {@link TakenUp}. */
  public static final String TAKE_UP = "/admin/take_up";

  /**
   * {@code POST}, writer: {@link Replay}; 200 with {@link Replayed} once the kept spool has its new
   * target; 400 with why nothing changed.
   */
  public static final String REPLAY = "/admin/replay";

  /** {@code POST}, writer: {@link ServerUri}; 200 with {@link Discarded}, 400 with why not. */
  public static final String DISCARD = "/admin/discard";

  /**
   * {@code POST}, writer: {@link ServerUri}; 200 with {@link Verified}, whatever is found; 400 when
   * there is no such pipeline, 503 while the target or the spool can't be asked.
   */
  public static final String VERIFY = "/admin/verify";

  /**
   * {@code POST}, writer: {@link QuarantineReplay}; 200 with {@link QuarantineReplayed} once each
   * entry is stored or has failed again; 503 while the target can't be asked, then to be repeated.
   */
  public static final String QUARANTINE_REPLAY = "/admin/quarantine/replay";

  /** {@code POST}, writer: {@link QuarantineDrop}; 200 with {@link QuarantineDropped}. */
  public static final String QUARANTINE_DROP = "/admin/quarantine/drop";

  /** {@code GET}, both: 200 with an array of {@link ConfigValue}. */
  public static final String CONFIG = "/admin/config";

  /** {@code GET}, both: 200 with the Prometheus text format; with the control token. */
  public static final String METRICS = "/metrics";

  /** {@code POST}, receiver: the parameters of a server; 200 with {@link Served}. */
  public static final String SERVE = "/admin/otlp_serve";

  /** {@code POST}, receiver: {@link Flush}; 200 with {@link Flushed}. */
  public static final String FLUSH = "/admin/otlp_flush";

  /** {@code POST}, receiver: {@link Stop}; 200 with {@link Stopped}. */
  public static final String STOP = "/admin/otlp_stop";

  /** {@code GET}, receiver: 200 with an array of {@link ServerRow}. */
  public static final String SERVER_LIST = "/admin/otlp_server_list";

  /** {@code GET}, receiver: 200 with an array of {@link SealRow}; 503 without the writer. */
  public static final String SEAL_LIST = "/admin/otlp_seal_list";

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
   * @param format {@code json} (default), {@code csv} or {@code arrow} (the stream format)
   */
  public record Sql(String sql, @Nullable String format) {}

  /**
   * One pipeline at one moment.
   *
   * @param state {@code starting}, {@code running}, {@code waiting_for_receiver}, {@code paused},
   *     {@code target_refused} or {@code stopping}
   * @param oldestBufferedAgeMs of the oldest entry in hand; or how long one has been seen to wait
   * @param sealFailing whether a seal, or what leads to it, failed and none succeeded since
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
      @Nullable String lastError,
      long maintenanceRunsTotal,
      long maintenanceFailuresTotal,
      @Nullable Long lastMaintenanceAgeMs,
      @Nullable String maintenanceLastError,
      long promotedColumnsTotal) {}

  /** Names a server by its listen URI, in any accepted form. */
  public record ServerUri(String uri) {}

  /** A pipeline and its state after the call. */
  public record PipelineAt(String listenUri, String state) {}

  /**
   * Hands a server that was stopped, and whose spool was kept, back to the receiver: the drain goes
   * on, its removal is called off. From the reply on the receiver is the writer of the server file.
   *
   * @param spoolId must be the one in the server file
   */
  public record TakeUp(String server, String spoolId) {}

  /**
   * What became of a {@link TakeUp}.
   *
   * @param status {@code taken}: the server file says serving, with the same spool; {@code gone}:
   *     all was committed, the server is removed
   */
  public record TakenUp(String status) {}

  /**
   * Gives the kept spool of a stopped server another target, which then gets what was not yet
   * committed.
   *
   * @param catalog null or empty = the writer's default database
   * @param schema null = main
   */
  public record Replay(
      String uri,
      @Nullable String catalog,
      @Nullable String schema,
      @Nullable String parquetExportPath) {}

  /**
   * A kept spool has its new target.
   *
   * @param nextIndex where the new target begins
   * @param mayDoubleEntries entries that the old target may have, too, where its ledger could not
   *     be read
   */
  public record Replayed(
      String listenUri,
      String spoolId,
      String nextIndex,
      long pendingEntries,
      long pendingRows,
      long mayDoubleEntries) {}

  /** A kept spool was removed with everything in it that was not committed. */
  public record Discarded(
      String listenUri, String spoolId, long discardedEntries, long discardedRows) {}

  /**
   * Stores entries in quarantine, each once.
   *
   * @param uri of the server whose target gets them
   * @param spoolId of a stopped server that left them; null: they are the server's own
   * @param indices of the entries, 1 to 1,000
   */
  public record QuarantineReplay(String uri, @Nullable String spoolId, List<String> indices) {}

  /**
   * What became of a {@link QuarantineReplay}.
   *
   * @param spoolId of the spool that the entries are from
   * @param failures what could not be stored, and is in quarantine as before, if it was
   */
  public record QuarantineReplayed(
      String listenUri,
      String spoolId,
      long replayedEntries,
      long replayedRows,
      List<QuarantineFailure> failures) {

    public QuarantineReplayed {
      failures = List.copyOf(failures);
    }
  }

  /**
   * An entry that a call could do nothing with.
   *
   * @param reason a word, as {@code quarantine list} has it
   */
  public record QuarantineFailure(String index, String reason, String error) {}

  /**
   * Gives up entries in quarantine.
   *
   * @param uri of the server; null with a {@code spoolId}
   * @param spoolId of a stopped server that left them; null with a {@code uri}
   * @param indices of the entries, 1 to 1,000
   */
  public record QuarantineDrop(
      @Nullable String uri, @Nullable String spoolId, List<String> indices) {}

  /** Entries are given up, for good. */
  public record QuarantineDropped(
      String spoolId, long droppedEntries, long droppedRows, List<QuarantineFailure> failures) {

    public QuarantineDropped {
      failures = List.copyOf(failures);
    }
  }

  /**
   * Whether what a server accepted is in its target, by what spool, ledger and provenance say.
   *
   * @param status {@code ok}; {@code different}: fewer rows than were sealed, which their owner may
   *     have deleted; {@code broken}: there are problems
   * @param ledgerIndex null: the target has no ledger row
   * @param durableIndex null: not known
   * @param seals of the spool; null: the target keeps no provenance
   * @param firstIndex where the first seal begins
   * @param nextIndex where the last seal ends
   * @param tables of the target, with the rows of all its spools
   * @param problems gaps, overlaps, rows that nobody sealed
   */
  public record Verified(
      String listenUri,
      String spoolId,
      String status,
      @Nullable String ledgerIndex,
      @Nullable String durableIndex,
      @Nullable Long pendingEntries,
      @Nullable Long pendingRows,
      @Nullable Long seals,
      @Nullable String firstIndex,
      @Nullable String nextIndex,
      List<VerifiedTable> tables,
      List<String> problems,
      List<String> differences) {

    public Verified {
      tables = List.copyOf(tables);
      problems = List.copyOf(problems);
      differences = List.copyOf(differences);
    }
  }

  /** A table, by what the seals claim and by what is there. */
  public record VerifiedTable(String table, long sealedRows, long presentRows) {}

  /**
   * A key of the configuration.
   *
   * @param value as text; null: none; secrets read {@code ***}
   * @param origin {@code default}, {@code file NAME:LINE}, {@code environment VARIABLE} or {@code
   *     flag NAME}
   */
  public record ConfigValue(String key, @Nullable String value, String origin) {}

  /**
   * A server that serves.
   *
   * @param authToken empty where authentication is off
   * @param catalogName empty for the writer's default database
   */
  public record Served(
      String listenUri,
      String listenUrl,
      String authToken,
      String schemaName,
      String logsTable,
      String tracesTable,
      String metricsGaugeTable,
      String metricsSumTable,
      String metricsHistogramTable,
      String metricsExpHistogramTable,
      String metricsSummaryTable,
      String catalogName) {}

  /**
   * Commits what was accepted before the call.
   *
   * @param timeoutMs above 0; null: as long as it takes
   */
  public record Flush(String uri, @Nullable Long timeoutMs) {}

  /**
   * What became of a {@link Flush}.
   *
   * @param status {@code sealed}, {@code error}, or that there is no such server
   */
  public record Flushed(String status, long sealedRows, long sealsTotal, @Nullable String error) {}

  /**
   * Stops a server for good.
   *
   * @param timeoutMs above 0; null: a minute
   */
  public record Stop(String uri, @Nullable Long timeoutMs) {}

  /**
   * A server is stopped; the last two keys are there when its spool was kept.
   *
   * @param status what happened, or that there is no such server
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Stopped(String status, @Nullable Long pendingRows, @Nullable String error) {}

  /** One server, as both processes know it. */
  public record ServerRow(
      String listenUri,
      String listenUrl,
      String host,
      int port,
      String catalogName,
      String schemaName,
      long activeRequests,
      long totalRequests,
      long totalRows,
      long bufferedRows,
      long admittedBytes,
      long bufferedBytes,
      long sealTargetBytes,
      long sealMaxAgeMs,
      @Nullable Long oldestBufferedAgeMs,
      @Nullable Long lastSealAgeMs,
      long sealsTotal,
      long committedRowsTotal,
      long sealFailuresTotal,
      @JsonProperty("is_listening") boolean isListening,
      @Nullable String lastError,
      @Nullable String sealLastError,
      long maintenanceRunsTotal,
      long maintenanceFailuresTotal,
      @Nullable Long lastMaintenanceAgeMs,
      @Nullable String maintenanceLastError,
      long promotedColumnsTotal,
      String spoolId,
      long spoolBytes,
      String headIndex,
      String durableIndex,
      String committedIndex,
      long quarantinedRowsTotal,
      boolean writerConnected) {}

  /**
   * One seal.
   *
   * @param sealId its number in the ledger of its spool; 0 for one that failed
   * @param startedAt ISO-8601, UTC
   */
  public record SealRow(
      String listenUri,
      String spoolId,
      long sealId,
      String trigger,
      String startedAt,
      long durationMs,
      long decodeDurationMs,
      long appendDurationMs,
      long commitDurationMs,
      long entries,
      long rows,
      long bytes,
      long quarantined,
      String firstIndex,
      String nextIndex,
      String status,
      @Nullable String error) {}

  /** The body of every error: a code from a closed list, and what happened. */
  public record Failure(String error, String message) {}
}
