package io.duckspool.deploy.targets;

import com.google.protobuf.Message;
import io.duckspool.common.otlp.Signal;
import io.duckspool.deploy.harness.Stamped;
import io.duckspool.deploy.load.LoadSignal;
import io.duckspool.deploy.load.RequestShape;
import io.duckspool.deploy.load.StampedRequest;
import io.opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The requests that all targets are sent: one of each signal, in turn. Every column has values, and
 * NULLs where it may; the rows lie on three days, up to their very ends.
 */
final class ItemRequests {
  /** Items of each request. */
  static final int ITEMS = 100;

  /** What the rows of a request are divided among; the first half has a service, the other none. */
  private static final int RESOURCES = 2;

  private ItemRequests() {}

  /** A request of items of a signal; those of metrics are of the five kinds in turn. */
  static StampedRequest request(Signal signal) {
    return StampedRequest.of(
        RequestShape.plain(LoadSignal.valueOf(signal.name()), ITEMS),
        Stamped.STAMP,
        message(signal));
  }

  /** The same before it is stamped: as the first one of all is sent. */
  static Message message(Signal signal) {
    return switch (signal) {
      case LOGS -> logs();
      case TRACES -> traces();
      case METRICS -> metrics();
    };
  }

  private static Message logs() {
    var request = ExportLogsServiceRequest.newBuilder();
    for (int r = 0; r < RESOURCES; r++) {
      var resource = request.addResourceLogsBuilder().setResource(ItemParts.resource(r));
      var scope = resource.addScopeLogsBuilder().setScope(ItemParts.scope(r));
      items(r).forEach(k -> scope.addLogRecords(LogItems.record(k)));
    }
    return request.build();
  }

  private static Message traces() {
    var request = ExportTraceServiceRequest.newBuilder();
    for (int r = 0; r < RESOURCES; r++) {
      var resource = request.addResourceSpansBuilder().setResource(ItemParts.resource(r));
      var scope = resource.addScopeSpansBuilder().setScope(ItemParts.scope(r));
      items(r).forEach(k -> scope.addSpans(SpanItems.span(k)));
    }
    return request.build();
  }

  private static Message metrics() {
    var request = ExportMetricsServiceRequest.newBuilder();
    for (int r = 0; r < RESOURCES; r++) {
      var resource = request.addResourceMetricsBuilder().setResource(ItemParts.resource(r));
      var scope = resource.addScopeMetricsBuilder().setScope(ItemParts.scope(r));
      items(r).forEach(k -> scope.addMetrics(MetricItems.metric(k)));
    }
    return request.build();
  }

  private static List<Integer> items(int resource) {
    int each = ITEMS / RESOURCES;
    return IntStream.range(resource * each, (resource + 1) * each).boxed().toList();
  }
}
