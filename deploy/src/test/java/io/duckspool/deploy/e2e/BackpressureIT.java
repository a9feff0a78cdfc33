package io.duckspool.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.deploy.harness.AckLog;
import io.duckspool.deploy.harness.Await;
import io.duckspool.deploy.harness.LoadClient;
import io.duckspool.deploy.harness.Rig;
import io.duckspool.deploy.harness.Stamped;
import io.duckspool.deploy.load.HttpConnection;
import io.duckspool.deploy.load.StampedRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When the receiver says no, and when it must not. */
@Tag("e2e")
final class BackpressureIT {
  private static final int MEBIBYTE = 1 << 20;

  @TempDir Path folder;

  @Test
  void receiver_acceptsUpToMaxBufferedBytes_whileTheWriterIsAway_andAllOfItDrains()
      throws SQLException, IOException {
    StampedRequest request = Stamped.logs(100);
    long limit = 8 * MEBIBYTE;
    AckLog log = new AckLog(100);
    Rig rig =
        Rig.in(folder)
            .server("max_body_bytes", "" + MEBIBYTE)
            .server("max_buffered_bytes", "" + limit);
    try (rig) {
      rig.start();
      rig.awaitCommitted();
      rig.stopWriter();
      try (LoadClient load = LoadClient.start(rig.load(4, request), log)) {
        Await.until(
            "503",
            Rig.LIMIT,
            () -> log.statusCount(503) > 20,
            () -> log.ackedCount() + " acked" + rig.logs());
      }
      assertEquals(0, log.sentCount() - log.ackedCount() - log.statusCount(503));
      long ackedBytes = (long) log.ackedCount() * request.byteCount();
      assertTrue(ackedBytes <= limit, ackedBytes + " bytes were acked");
      // Each connection may hold one request in flight beside what is accepted.
      assertTrue(ackedBytes > limit - 5L * request.byteCount(), ackedBytes + " bytes were acked");
      int refused = log.send();
      HttpConnection.Reply reply =
          rig.post("/v1/logs", "application/x-protobuf", request.encode(refused));
      log.replied(refused, reply);
      assertEquals(503, reply.status());
      assertTrue(reply.body().contains("\"error\":\"unavailable\""), reply.body());
      assertTrue(Integer.parseInt(reply.headers().getOrDefault("retry-after", "0")) > 0);

      rig.startWriter();
      rig.settle(log).assertExact();
    }
  }

  @Test
  void eightConnectionsOfOneMebibyte_meetNo503_withDefaultLimits() throws SQLException {
    StampedRequest request = Stamped.logs(MEBIBYTE / 555);
    AckLog log = new AckLog(request.recordCount());
    try (Rig rig = Rig.in(folder).server("seal_max_age_ms", "5000")) {
      rig.start();
      int requests = Integer.getInteger("duckspool.mebibytes", 300);
      try (LoadClient load = LoadClient.start(rig.load(8, requests, 0, request), log)) {
        load.awaitEnd(Rig.LIMIT);
      }
      assertEquals(log.sentCount(), log.ackedCount(), () -> log.statusCount(503) + " times 503");
      rig.settle(log).assertExact();
    }
  }
}
