package io.duckspool.writer.control;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.writer.pipeline.PipelineCalls;
import io.duckspool.writer.pipeline.Pipelines;
import io.javalin.http.Context;
import java.util.List;
import java.util.Map;

/** What is asked of pipelines. */
final class PipelineEndpoints {

  private final Pipelines pipelines;
  private final PipelineCalls calls;

  PipelineEndpoints(Pipelines pipelines) {
    this.pipelines = pipelines;
    this.calls = new PipelineCalls(pipelines);
  }

  List<Route> routes() {
    return List.of(
        Route.post(AdminApi.SEAL, this::seal),
        Route.post(AdminApi.RELEASE, this::release),
        Route.post(AdminApi.PAUSE, this::pause),
        Route.post(AdminApi.RESUME, this::resume),
        Route.post(AdminApi.LEDGER, this::setLedger),
        Route.get(AdminApi.PIPELINES, c -> Json.reply(c, 200, pipelines.statuses())),
        Route.get(AdminApi.SEALS, c -> Json.reply(c, 200, pipelines.seals())));
  }

  private void seal(Context context) throws RefusedException, InterruptedException {
    Json.reply(context, 200, calls.seal(Json.body(context, AdminApi.Seal.class)));
  }

  private void release(Context context) throws RefusedException, InterruptedException {
    if (!calls.release(Json.body(context, AdminApi.Release.class))) {
      throw RefusedException.unavailable("the pipeline of the spool is busy, try again");
    }
    Json.reply(context, 200, Map.of());
  }

  private void pause(Context context) throws RefusedException, InterruptedException {
    Json.reply(context, calls.pause(Json.body(context, AdminApi.ServerUri.class)));
  }

  private void resume(Context context) throws RefusedException, InterruptedException {
    Json.reply(context, calls.resume(Json.body(context, AdminApi.ServerUri.class)));
  }

  private void setLedger(Context context) throws RefusedException, InterruptedException {
    Json.reply(context, calls.setLedger(Json.body(context, AdminApi.SetLedger.class)));
  }
}
