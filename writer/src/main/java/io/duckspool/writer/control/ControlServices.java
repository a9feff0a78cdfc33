package io.duckspool.writer.control;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.metrics.MetricsPage;
import io.duckspool.writer.pipeline.Pipelines;
import io.duckspool.writer.pipeline.ServerCalls;
import io.duckspool.writer.pipeline.Verifier;
import io.duckspool.writer.sink.SqlRunner;
import java.util.List;

/**
 * What the control port speaks to.
 *
 * @param values the effective configuration, secrets masked
 */
public record ControlServices(
    Pipelines pipelines,
    ServerCalls servers,
    Verifier verifier,
    SqlRunner sql,
    List<AdminApi.ConfigValue> values,
    MetricsPage metrics) {

  /** Freezes the list. */
  public ControlServices {
    values = List.copyOf(values);
  }
}
