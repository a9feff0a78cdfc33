package io.duckspool.writer.control;

import io.javalin.http.Context;
import io.javalin.http.Handler;
import java.util.concurrent.Semaphore;

/**
 * Bounds how many calls of one kind wait at a time: each holds a thread of the control port, and
 * the others must still find one, however long a target hangs. Thread-safe.
 */
final class WaitingRoom {

  private static final String RETRY_AFTER_SECONDS = "1";

  private final String what;
  private final int max;
  private final Semaphore places;

  /**
   * @param what the calls, for messages
   * @param max that may wait, above 0
   */
  WaitingRoom(String what, int max) {
    this.what = what;
    this.max = max;
    this.places = new Semaphore(max);
  }

  /** The same handler, for as many calls at a time as there are places. */
  Handler bounded(Handler handler) {
    return context -> handle(context, handler);
  }

  /**
   * Handles a call, if there is a place.
   *
   * @throws RefusedException 503: all are taken
   */
  void handle(Context context, Handler handler) throws Exception {
    if (!places.tryAcquire()) {
      context.header("Retry-After", RETRY_AFTER_SECONDS);
      throw RefusedException.unavailable(max + " " + what + " wait already, try again");
    }
    try {
      handler.handle(context);
    } finally {
      places.release();
    }
  }
}
