package io.duckspool.writer.control;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.metrics.MetricsPage;
import io.javalin.http.Context;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What is asked about the process as a whole. */
final class ProcessEndpoints {

  private final ControlServices services;

  ProcessEndpoints(ControlServices services) {
    this.services = services;
  }

  /** The body of a readiness that isn't. */
  private record Degraded(String status, String reason) {}

  List<Route> routes() {
    return List.of(
        Route.openGet("/healthz", c -> Json.reply(c, 200, Map.of("status", "ok"))),
        Route.openGet("/readyz", this::ready),
        Route.get(AdminApi.CONFIG, c -> Json.reply(c, 200, services.values())),
        Route.get(AdminApi.METRICS, this::metrics));
  }

  private void ready(Context context) {
    Optional<String> reason = services.pipelines().degradation();
    if (reason.isPresent()) {
      Json.reply(context, 503, new Degraded("degraded", reason.get()));
    } else {
      Json.reply(context, 200, Map.of("status", "ready"));
    }
  }

  private void metrics(Context context) {
    MetricsPage.Page page = services.metrics().render(context.header("Accept"));
    context.contentType(page.contentType());
    context.result(page.body());
  }
}
