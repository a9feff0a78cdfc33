package io.duckspool.receiver.control;

import io.duckspool.common.config.HostPort;
import io.duckspool.receiver.http.BodyDeadlines;
import io.duckspool.receiver.http.HealthReplies;
import io.duckspool.receiver.http.HttpListener;
import io.duckspool.receiver.http.RouteTable;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** The receiver's control port: health of the process, readiness of all its servers. */
public final class ControlPort {

  private static final int HTTP_THREADS = 2;

  private ControlPort() {}

  /**
   * Binds and serves the port; the caller closes it.
   *
   * @param degradation why a server isn't ready; empty when all are
   * @throws IOException names address, port and cause; nothing stays bound
   */
  public static HttpListener open(
      HostPort address, BodyDeadlines deadlines, Supplier<Optional<String>> degradation)
      throws IOException {
    return HttpListener.openControl(
        address,
        HTTP_THREADS,
        deadlines,
        RouteTable.of(Map.of()),
        routes -> {
          routes.get(RouteTable.HEALTH, HealthReplies::health);
          routes.get(RouteTable.READY, context -> HealthReplies.ready(context, degradation.get()));
        });
  }
}
