package io.duckspool.deploy.load;

import com.google.protobuf.Message;
import io.opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.logs.v1.LogRecord;
import io.opentelemetry.proto.logs.v1.SeverityNumber;
import java.util.Random;

/**
 * Log records whose body begins with the stamp. With a body of 300 bytes each is about 555 bytes of
 * protobuf: 6 resource and 3 own attributes.
 */
final class LogRequests {
  private LogRequests() {}

  static Message of(Stamp stamp, int records, int bodyBytes) {
    var request = ExportLogsServiceRequest.newBuilder();
    var resourceLogs = request.addResourceLogsBuilder().setResource(Parts.resource());
    var scopeLogs = resourceLogs.addScopeLogsBuilder().setScope(Parts.scope());
    Random random = new Random(1);
    for (int k = 0; k < records; k++) {
      String text = stamp.text(k);
      String body = text + " " + Parts.words(random, bodyBytes - text.length() - 1);
      scopeLogs.addLogRecords(
          LogRecord.newBuilder()
              .setTimeUnixNano(Parts.UNIX_NANOS + k)
              .setObservedTimeUnixNano(Parts.UNIX_NANOS + k + 1000)
              .setSeverityNumber(SeverityNumber.SEVERITY_NUMBER_INFO)
              .setSeverityText("INFO")
              .setBody(AnyValue.newBuilder().setStringValue(body))
              .setTraceId(Parts.id(random, 16))
              .setSpanId(Parts.id(random, 8))
              .addAttributes(Parts.text("http.request.method", "POST"))
              .addAttributes(Parts.text("url.path", "/checkout/" + Parts.words(random, 60)))
              .addAttributes(Parts.text("user.id", Parts.words(random, 60))));
    }
    return request.build();
  }
}
