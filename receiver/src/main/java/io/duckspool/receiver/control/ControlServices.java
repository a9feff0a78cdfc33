package io.duckspool.receiver.control;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.config.ServerParameters;
import io.duckspool.common.metrics.MetricsPage;
import io.duckspool.receiver.lifecycle.Servers;
import java.util.List;

/**
 * What the control port speaks to.
 *
 * @param servers makes, flushes, stops and lists
 * @param parameters reads those of a new server
 * @param config every key with what it came to; secrets are masked
 * @param metrics what {@code /metrics} answers with
 */
public record ControlServices(
    Servers servers,
    ServerParameters parameters,
    List<AdminApi.ConfigValue> config,
    MetricsPage metrics) {}
