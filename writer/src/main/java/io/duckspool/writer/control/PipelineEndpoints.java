package io.duckspool.writer.control;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.writer.pipeline.PipelineCalls;
import io.duckspool.writer.pipeline.Pipelines;
import io.duckspool.writer.pipeline.QuarantineCalls;
import io.javalin.http.Context;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/** What is asked of pipelines. */
final class PipelineEndpoints {

  /** Flushes that wait for a seal at one time, each with a thread (a guess). */
  static final int MAX_FLUSHES = 32;

  /** Stops that wait for a seal at one time, each with a thread (a guess). */
  static final int MAX_STOPS = 16;

  /** Changes that wait for a pipeline at one time, each with a thread (a guess). */
  static final int MAX_CHANGES = 16;

  private final Pipelines pipelines;
  private final PipelineCalls calls;
  private final QuarantineCalls quarantines;
  private final WaitingRoom flushes = new WaitingRoom("flushes", MAX_FLUSHES);
  private final WaitingRoom stops = new WaitingRoom("stops", MAX_STOPS);
  private final WaitingRoom changes = new WaitingRoom("changes of pipelines", MAX_CHANGES);

  PipelineEndpoints(Pipelines pipelines) {
    this.pipelines = pipelines;
    this.calls = new PipelineCalls(pipelines);
    this.quarantines = new QuarantineCalls(pipelines);
  }

  List<Route> routes() {
    return List.of(
        Route.post(AdminApi.SEAL, this::seal),
        Route.post(AdminApi.RELEASE, changes.bounded(this::release)),
        Route.post(AdminApi.PAUSE, changes.bounded(this::pause)),
        Route.post(AdminApi.RESUME, changes.bounded(this::resume)),
        Route.post(AdminApi.LEDGER, changes.bounded(this::setLedger)),
        Route.post(AdminApi.QUARANTINE_REPLAY, changes.bounded(this::replayQuarantine)),
        Route.post(AdminApi.QUARANTINE_DROP, changes.bounded(this::dropQuarantined)),
        Route.get(AdminApi.PIPELINES, c -> Json.reply(c, 200, pipelines.statuses())),
        Route.get(AdminApi.SEALS, c -> Json.reply(c, 200, pipelines.seals())));
  }

  /** A stop finds a place, too, when there is none for a flush. */
  private void seal(Context context) throws Exception {
    AdminApi.Seal request = Json.body(context, AdminApi.Seal.class);
    WaitingRoom room = request.trigger().equals("stop") ? stops : flushes;
    room.handle(context, c -> Json.reply(c, 200, calls.seal(request, ClientWatch.of(c))));
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

  private void replayQuarantine(Context context) throws RefusedException, InterruptedException {
    Json.reply(context, quarantines.replay(Json.body(context, AdminApi.QuarantineReplay.class)));
  }

  private void dropQuarantined(Context context)
      throws RefusedException, InterruptedException, IOException {
    Json.reply(context, quarantines.drop(Json.body(context, AdminApi.QuarantineDrop.class)));
  }
}
