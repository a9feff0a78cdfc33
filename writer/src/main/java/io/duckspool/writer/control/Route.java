package io.duckspool.writer.control;

import io.javalin.http.Handler;
import io.javalin.http.HandlerType;

/**
 * One path of the control port.
 *
 * @param isOpen whether it answers without the control token
 */
record Route(String path, HandlerType method, boolean isOpen, Handler handler) {

  static Route get(String path, Handler handler) {
    return new Route(path, HandlerType.GET, false, handler);
  }

  static Route post(String path, Handler handler) {
    return new Route(path, HandlerType.POST, false, handler);
  }

  /** For supervisors, which have no token. */
  static Route openGet(String path, Handler handler) {
    return new Route(path, HandlerType.GET, true, handler);
  }
}
