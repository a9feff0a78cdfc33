package io.duckspool.writer.control;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.metrics.Families;
import io.duckspool.writer.batch.BatchMemory;
import io.duckspool.writer.pipeline.Pipelines;
import io.duckspool.writer.sink.DatabaseMemory;
import io.duckspool.writer.sink.TableSnapshots;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * What the writer counts, by server. Rows and entries are those of the spool's whole life, seals
 * and failures those since the process started. Thread-safe; reads what is counted anyway, and asks
 * DuckDB for its memory.
 */
public final class WriterMetrics implements Consumer<Families> {

  private static final String PREFIX = "duckspool_writer_";

  private final Pipelines pipelines;
  private final BatchMemory batches;
  private final Supplier<Optional<DatabaseMemory>> database;
  private final Supplier<List<TableSnapshots>> snapshots;

  /**
   * Metrics of all pipelines, and of the memory that they share.
   *
   * @param database what DuckDB holds; empty when it doesn't say
   * @param snapshots what tables were last seen to have
   */
  public WriterMetrics(
      Pipelines pipelines,
      BatchMemory batches,
      Supplier<Optional<DatabaseMemory>> database,
      Supplier<List<TableSnapshots>> snapshots) {
    this.pipelines = pipelines;
    this.batches = batches;
    this.database = database;
    this.snapshots = snapshots;
  }

  @Override
  public void accept(Families families) {
    families.gauge(
        PREFIX + "batch_memory_bytes",
        "Buffers of open and frozen batches, and those kept for the next ones.",
        batches.allocatedBytes());
    database.get().ifPresent(memory -> add(families, memory));
    pipelines.statuses().forEach(status -> add(families, status));
    pipelines.addMetrics(families);
    for (TableSnapshots table : snapshots.get()) {
      families.gauge(
          PREFIX + "table_snapshots",
          "Snapshots of a table in an Iceberg catalog, as of the last look.",
          table.count(),
          "catalog",
          table.catalog(),
          "table",
          table.table());
    }
  }

  private static void add(Families families, DatabaseMemory memory) {
    families.gauge(PREFIX + "duckdb_memory_bytes", "Memory that DuckDB holds.", memory.usedBytes());
    families.gauge(
        PREFIX + "duckdb_spilled_bytes",
        "What DuckDB has moved from memory to duckdb.temp_directory.",
        memory.spilledBytes());
  }

  private static void add(Families families, AdminApi.PipelineStatus status) {
    String[] server = {"server", status.listenUri()};
    families.gauge(
        PREFIX + "pipeline_state",
        "1 for the state that the pipeline is in.",
        1,
        "server",
        status.listenUri(),
        "state",
        status.state());
    families.counter(
        PREFIX + "committed_rows",
        "Rows that are in the target.",
        status.committedRowsTotal(),
        server);
    families.counter(
        PREFIX + "committed_bytes",
        "Payload bytes that are committed, as received.",
        status.committedBytesTotal(),
        server);
    families.gauge(
        PREFIX + "quarantined_entries",
        "Requests in quarantine, and those that were given up.",
        status.quarantinedEntriesTotal(),
        server);
    families.gauge(
        PREFIX + "quarantined_rows",
        "Rows of requests in quarantine, and of those that were given up.",
        status.quarantinedRowsTotal(),
        server);
    families.gauge(
        PREFIX + "buffered_bytes", "Rows of the open batch.", status.bufferedBytes(), server);
    Long age = status.oldestBufferedAgeMs();
    families.gauge(
        PREFIX + "lag_seconds",
        "Age of the oldest request in hand, or how long one has waited for that; 0 without any.",
        age == null ? 0 : age / 1_000.0,
        server);
    families.counter(
        PREFIX + "seal_failures",
        "Attempts to seal that failed.",
        status.sealFailuresTotal(),
        server);
    families.counter(
        PREFIX + "maintenance_runs",
        "Times that the catalog was maintained.",
        status.maintenanceRunsTotal(),
        server);
    families.counter(
        PREFIX + "maintenance_failures",
        "Attempts to maintain the catalog that failed.",
        status.maintenanceFailuresTotal(),
        server);
  }
}
