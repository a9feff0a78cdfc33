package io.duckspool.writer.control;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.writer.pipeline.ServerCalls;
import io.duckspool.writer.pipeline.Verifier;
import io.duckspool.writer.sink.SinkException;
import io.javalin.http.Context;
import java.io.IOException;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How servers come, come back and go. */
final class ServerEndpoints {

  /** Calls that wait for a target at one time, each with a thread (a guess). */
  static final int MAX_CHANGES = 32;

  private static final Logger LOG = LoggerFactory.getLogger(ServerEndpoints.class);

  private final ServerCalls calls;
  private final WaitingRoom room = new WaitingRoom("changes and checks of servers", MAX_CHANGES);
  private final Verifier verifier;

  ServerEndpoints(ServerCalls calls, Verifier verifier) {
    this.calls = calls;
    this.verifier = verifier;
  }

  List<Route> routes() {
    return List.of(
        Route.post(AdminApi.PREPARE, room.bounded(this::prepare)),
        Route.post(AdminApi.TAKE_UP, room.bounded(this::takeUp)),
        Route.post(AdminApi.REPLAY, room.bounded(this::replay)),
        Route.post(AdminApi.DISCARD, room.bounded(this::discard)),
        Route.post(AdminApi.VERIFY, room.bounded(this::verify)));
  }

  private void prepare(Context context) throws RefusedException {
    AdminApi.Prepare request = Json.body(context, AdminApi.Prepare.class);
    try {
      Json.reply(context, 200, calls.prepare(request));
    } catch (SinkException.Unavailable e) {
      LOG.warn("server {} could not be prepared", request.server(), e);
      throw RefusedException.unavailable(e.reason());
    } catch (SinkException | IOException e) {
      LOG.warn("server {} was refused", request.server(), e);
      String message = String.valueOf(e.getMessage());
      throw e instanceof SinkException.Refused refused && refused.isConflict()
          ? RefusedException.conflict(message)
          : RefusedException.badRequest(message);
    }
  }

  private void takeUp(Context context) throws RefusedException, InterruptedException {
    AdminApi.TakeUp request = Json.body(context, AdminApi.TakeUp.class);
    try {
      Json.reply(context, calls.takeUp(request));
    } catch (IOException e) {
      throw unreadable(request.server(), e);
    }
  }

  private void replay(Context context) throws RefusedException, InterruptedException {
    AdminApi.Replay request = Json.body(context, AdminApi.Replay.class);
    try {
      Json.reply(context, calls.replay(request));
    } catch (IOException e) {
      throw unreadable(request.uri(), e);
    }
  }

  private void discard(Context context) throws RefusedException, InterruptedException {
    AdminApi.ServerUri request = Json.body(context, AdminApi.ServerUri.class);
    try {
      Json.reply(context, calls.discard(request));
    } catch (IOException e) {
      throw unreadable(request.uri(), e);
    }
  }

  private void verify(Context context) throws RefusedException, InterruptedException {
    AdminApi.ServerUri request = Json.body(context, AdminApi.ServerUri.class);
    try {
      Json.reply(context, verifier.verify(request));
    } catch (IOException e) {
      throw unreadable(request.uri(), e);
    }
  }

  private static RefusedException unreadable(String server, IOException e) {
    LOG.warn("the folder of server {} can't be used", server, e);
    return RefusedException.badRequest(String.valueOf(e.getMessage()));
  }
}
