package io.duckspool.receiver.http;

import io.duckspool.common.otlp.Signal;
import io.javalin.config.RoutesConfig;
import java.util.Optional;
import java.util.function.Supplier;

/** The endpoints of one OTLP listener. Thread-safe. */
final class IngestRoutes {

  private final IngestHandler handler;
  private final Supplier<Optional<String>> degradation;

  /**
   * Makes the endpoints.
   *
   * @param degradation why the server isn't ready; empty when it is
   */
  IngestRoutes(IngestHandler handler, Supplier<Optional<String>> degradation) {
    this.handler = handler;
    this.degradation = degradation;
  }

  void addTo(RoutesConfig config) {
    for (Signal signal : Signal.values()) {
      config.post(signal.path(), context -> handler.handle(signal, context));
    }
    config.get(RouteTable.HEALTH, HealthReplies::health);
    config.get(RouteTable.READY, context -> HealthReplies.ready(context, degradation.get()));
  }
}
