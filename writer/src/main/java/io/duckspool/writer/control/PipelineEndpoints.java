package io.duckspool.writer.control;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.writer.pipeline.LedgerOutcome;
import io.duckspool.writer.pipeline.Pipelines;
import io.duckspool.writer.sink.SinkException;
import io.javalin.http.Context;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is asked of pipelines, and of the process as a whole. */
final class PipelineEndpoints {

  private static final long RELEASE_TIMEOUT_MILLIS = 10_000;
  private static final long LEDGER_TIMEOUT_MILLIS = 60_000;

  private static final Logger LOG = LoggerFactory.getLogger(PipelineEndpoints.class);

  private final Pipelines pipelines;

  PipelineEndpoints(Pipelines pipelines) {
    this.pipelines = pipelines;
  }

  /** The body of a readiness that isn't. */
  private record Degraded(String status, String reason) {}

  List<Route> routes() {
    return List.of(
        Route.post(AdminApi.PREPARE, this::prepare),
        Route.post(AdminApi.SEAL, this::seal),
        Route.post(AdminApi.RELEASE, this::release),
        Route.post(AdminApi.RESUME, this::resume),
        Route.post(AdminApi.LEDGER, this::setLedger),
        Route.get(AdminApi.PIPELINES, c -> Json.reply(c, 200, pipelines.statuses())),
        Route.openGet("/healthz", c -> Json.reply(c, 200, Map.of("status", "ok"))),
        Route.openGet("/readyz", this::ready));
  }

  private void prepare(Context context) throws RefusedException {
    AdminApi.Prepare request = Json.body(context, AdminApi.Prepare.class);
    try {
      Json.reply(context, 200, pipelines.prepare(request));
    } catch (SinkException.Unavailable e) {
      LOG.warn("server {} could not be prepared", request.server(), e);
      throw RefusedException.unavailable(e.reason());
    } catch (SinkException | IOException e) {
      LOG.warn("server {} was refused", request.server(), e);
      throw RefusedException.badRequest(String.valueOf(e.getMessage()));
    }
  }

  private void seal(Context context) throws RefusedException, InterruptedException {
    AdminApi.Seal request = Json.body(context, AdminApi.Seal.class);
    try {
      Json.reply(context, 200, pipelines.seal(request));
    } catch (IllegalArgumentException e) {
      throw RefusedException.badRequest(String.valueOf(e.getMessage()));
    }
  }

  private void release(Context context) throws RefusedException, InterruptedException {
    AdminApi.Release request = Json.body(context, AdminApi.Release.class);
    if (!pipelines.release(request, RELEASE_TIMEOUT_MILLIS)) {
      throw RefusedException.unavailable("the pipeline of the spool is busy, try again");
    }
    Json.reply(context, 200, Map.of());
  }

  private void resume(Context context) throws RefusedException, InterruptedException {
    AdminApi.Release request = Json.body(context, AdminApi.Release.class);
    if (!pipelines.resume(request.spoolId(), RELEASE_TIMEOUT_MILLIS)) {
      throw RefusedException.badRequest("no such pipeline: " + request.spoolId());
    }
    Json.reply(context, 200, Map.of());
  }

  private void setLedger(Context context) throws RefusedException, InterruptedException {
    AdminApi.SetLedger request = Json.body(context, AdminApi.SetLedger.class);
    try {
      LedgerOutcome outcome = pipelines.setLedger(request, LEDGER_TIMEOUT_MILLIS);
      if (outcome instanceof LedgerOutcome.Refused refused) {
        throw RefusedException.badRequest(refused.reason());
      }
      Json.reply(context, 200, ((LedgerOutcome.Set) outcome).set());
    } catch (IllegalArgumentException e) {
      throw RefusedException.badRequest(String.valueOf(e.getMessage()));
    }
  }

  private void ready(Context context) {
    Optional<String> reason = pipelines.degradation();
    if (reason.isPresent()) {
      Json.reply(context, 503, new Degraded("degraded", reason.get()));
    } else {
      Json.reply(context, 200, Map.of("status", "ready"));
    }
  }
}
