package io.duckspool.deploy.cli;

import io.duckspool.common.admin.AdminApi;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What {@code duckspool top} shows of two looks at the servers: rates are the difference by the
 * time between. Pure.
 *
 * @param nanos monotonic time of the look
 * @param servers as they were
 * @param lastSeals the newest seal of each spool, by its id; empty where the writer is away
 */
record TopScreen(
    long nanos, List<AdminApi.ServerRow> servers, Map<String, AdminApi.SealRow> lastSeals) {

  private static final double NANOS = 1e9;

  /** The newest seal of each spool. */
  static Map<String, AdminApi.SealRow> newest(List<AdminApi.SealRow> seals) {
    return seals.stream()
        .collect(
            Collectors.toMap(AdminApi.SealRow::spoolId, Function.identity(), (first, b) -> first));
  }

  /**
   * A row for each server.
   *
   * @param earlier null: the first look, without rates
   */
  List<Map<String, @Nullable Object>> rows(@Nullable TopScreen earlier) {
    return servers.stream().map(server -> row(server, earlier)).toList();
  }

  private Map<String, @Nullable Object> row(
      AdminApi.ServerRow server, @Nullable TopScreen earlier) {
    Map<String, @Nullable Object> row = new LinkedHashMap<>();
    row.put("server", server.listenUri());
    row.put("state", state(server));
    row.put("requests/s", rate(server, earlier, AdminApi.ServerRow::totalRequests));
    row.put("rows/s in", rate(server, earlier, AdminApi.ServerRow::totalRows));
    row.put("rows/s out", rate(server, earlier, AdminApi.ServerRow::committedRowsTotal));
    row.put("buffered rows", "%,d".formatted(server.bufferedRows()));
    row.put("lag", AmountText.age(server.oldestBufferedAgeMs()));
    row.put("spool", AmountText.bytes(server.spoolBytes()));
    AdminApi.@Nullable SealRow seal = lastSeals.get(server.spoolId());
    row.put(
        "last seal",
        seal == null
            ? "-"
            : "%,d rows in %s (%s)"
                .formatted(seal.rows(), AmountText.age(seal.durationMs()), seal.trigger()));
    row.put("failures", server.sealFailuresTotal());
    row.put("error", ListCommand.error(server));
    return row;
  }

  private static String state(AdminApi.ServerRow server) {
    if (!server.isListening()) {
      return "not listening";
    }
    return server.writerConnected() ? "up" : "writer away";
  }

  /** A second's worth; what shrank belongs to a process that was restarted, and counts from 0. */
  private String rate(
      AdminApi.ServerRow server,
      @Nullable TopScreen earlier,
      ToLongFunction<AdminApi.ServerRow> counter) {
    if (earlier == null) {
      return "-";
    }
    long before =
        earlier.servers.stream()
            .filter(row -> row.spoolId().equals(server.spoolId()))
            .mapToLong(counter)
            .sum();
    long now = counter.applyAsLong(server);
    double seconds = (nanos - earlier.nanos) / NANOS;
    return "%,d".formatted(Math.round((now >= before ? now - before : now) / seconds));
  }
}
