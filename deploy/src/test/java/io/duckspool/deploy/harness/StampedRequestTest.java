package io.duckspool.deploy.harness;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.InvalidProtocolBufferException;
import io.opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import org.junit.jupiter.api.Test;

final class StampedRequestTest {
  @Test
  void logs_carryConsecutiveIds_ofTheirRequest() throws InvalidProtocolBufferException {
    StampedRequest request = StampedRequest.logs(512);
    var records =
        ExportLogsServiceRequest.parseFrom(request.encode(123_456))
            .getResourceLogs(0)
            .getScopeLogs(0)
            .getLogRecordsList();
    assertEquals(512, records.size());
    for (int k = 0; k < 512; k++) {
      String body = records.get(k).getBody().getStringValue();
      assertEquals(StampedRequest.stamp(123_456L * 512 + k), body.substring(0, 15));
      assertEquals(300, body.length());
    }
  }

  @Test
  void logs_haveTheSizeThatMeasurementsName() {
    int bytesPerRecord = StampedRequest.logs(512).byteCount() / 512;
    assertTrue(bytesPerRecord >= 540 && bytesPerRecord <= 570, bytesPerRecord + " bytes");
  }

  @Test
  void traces_carryTheirIdsAsNames() throws InvalidProtocolBufferException {
    var spans =
        ExportTraceServiceRequest.parseFrom(StampedRequest.traces(3).encode(7))
            .getResourceSpans(0)
            .getScopeSpans(0)
            .getSpansList();
    assertEquals(StampedRequest.stamp(21), spans.get(0).getName());
    assertEquals(StampedRequest.stamp(23), spans.get(2).getName());
  }

  @Test
  void metrics_takeTheFiveKindsInTurn() throws InvalidProtocolBufferException {
    var metrics =
        ExportMetricsServiceRequest.parseFrom(StampedRequest.metrics(10).encode(1))
            .getResourceMetrics(0)
            .getScopeMetrics(0)
            .getMetricsList();
    assertEquals(5, metrics.stream().map(metric -> metric.getDataCase()).distinct().count());
    assertEquals(StampedRequest.stamp(19), metrics.get(9).getName());
  }
}
