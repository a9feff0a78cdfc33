package io.duckspool.receiver.control;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.metrics.Families;
import io.duckspool.common.otlp.Signal;
import io.duckspool.receiver.http.ConnectionLimit;
import io.duckspool.receiver.ingest.InFlightBytes;
import io.duckspool.receiver.lifecycle.Servers;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * What the receiver counts, by server. Rows, bytes and entries are those of the spool's whole life,
 * requests those since the process started. Thread-safe; reads what is counted anyway.
 */
public final class ReceiverMetrics implements Consumer<Families> {

  private static final String PREFIX = "duckspool_receiver_";
  private static final String SERVER = "server";

  private final Servers servers;
  private final InFlightBytes memory;
  private final ConnectionLimit connections;

  /** Metrics of all servers, and of the memory that they share. */
  public ReceiverMetrics(Servers servers, InFlightBytes memory, ConnectionLimit connections) {
    this.servers = servers;
    this.memory = memory;
    this.connections = connections;
  }

  @Override
  public void accept(Families families) {
    families.gauge(
        PREFIX + "in_flight_bytes",
        "Buffers of requests being read, inflated, validated or awaiting their sync.",
        memory.reservedBytes());
    families.gauge(
        PREFIX + "max_in_flight_bytes",
        "Bound of duckspool_receiver_in_flight_bytes: receiver.max_in_flight_bytes.",
        memory.maxBytes());
    families.gauge(PREFIX + "connections", "Open connections of all servers.", connections.count());
    families.gauge(
        PREFIX + "max_connections",
        "Bound of duckspool_receiver_connections: receiver.max_connections.",
        connections.max());
    families.gauge(
        PREFIX + "writer_connected",
        "1 when the writer answered the last time it was asked.",
        servers.isWriterConnected() ? 1 : 0);
    servers.lastKnown().forEach(row -> add(families, row));
    servers
        .requestCounts()
        .forEach(
            (uri, counts) -> {
              for (Signal signal : Signal.values()) {
                counts
                    .byStatus(signal)
                    .forEach(
                        (status, count) ->
                            families.counter(
                                PREFIX + "requests",
                                "Requests on the OTLP paths that were replied to.",
                                count,
                                SERVER,
                                uri.toString(),
                                "signal",
                                signal.name().toLowerCase(Locale.ROOT),
                                "status",
                                status.toString()));
              }
            });
  }

  private static void add(Families families, AdminApi.ServerRow row) {
    String[] server = {SERVER, row.listenUri()};
    families.gauge(
        PREFIX + "listening",
        "1 when the server takes requests.",
        row.isListening() ? 1 : 0,
        server);
    families.gauge(
        PREFIX + "active_requests",
        "Requests admitted and not yet replied to.",
        row.activeRequests(),
        server);
    families.counter(
        PREFIX + "accepted_rows", "Rows of durable requests.", row.totalRows(), server);
    families.counter(
        PREFIX + "committed_rows",
        "Rows that are in the target.",
        row.committedRowsTotal(),
        server);
    families.gauge(
        PREFIX + "quarantined_rows",
        "Rows of requests in quarantine, and of those that were given up.",
        row.quarantinedRowsTotal(),
        server);
    families.gauge(
        PREFIX + "backlog_rows",
        "Rows accepted and neither committed nor in quarantine.",
        row.bufferedRows(),
        server);
    families.gauge(
        PREFIX + "admitted_bytes",
        "Payload bytes in flight, and accepted and not committed.",
        row.admittedBytes(),
        server);
    families.gauge(
        PREFIX + "spool_bytes",
        "Blocks that the spool takes on its disk.",
        row.spoolBytes(),
        server);
    Long age = row.oldestBufferedAgeMs();
    families.gauge(
        PREFIX + "lag_seconds",
        "Age of the oldest request that is not committed; 0 when all are.",
        age == null ? 0 : age / 1_000.0,
        server);
  }
}
