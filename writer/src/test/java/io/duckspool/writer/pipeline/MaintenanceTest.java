package io.duckspool.writer.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.server.ServerState;
import io.duckspool.writer.sink.CatalogKind;
import io.duckspool.writer.sink.SinkException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** A catalog is maintained between seals, now and then, and never at the rows' expense. */
final class MaintenanceTest {

  @TempDir Path temp;
  private PipelineHarness server;
  private Pipeline pipeline;

  @BeforeEach
  void open() throws Exception {
    server = PipelineHarness.open(temp);
    server.sink.pretendToBe(CatalogKind.DUCKDB);
    pipeline = server.startPipeline();
    server.runUntilState(PipelineState.RUNNING);
  }

  @AfterEach
  void close() throws Exception {
    server.assertExactlyOnce();
    server.close();
  }

  @Test
  void runsAfter32SealsAnd5Minutes_andThenAgain() throws Exception {
    sealByAge(32);
    assertEquals(0, server.sink.maintenances(), "too early");
    server.clock.advanceMillis(300_000);
    sealByAge(1);
    assertEquals(1, server.sink.maintenances());
    assertEquals(1, status().maintenanceRunsTotal());
    assertEquals(0, status().maintenanceFailuresTotal());
    assertNull(status().maintenanceLastError());
    server.clock.advanceMillis(299_000);
    assertEquals(299_000, status().lastMaintenanceAgeMs());
    sealByAge(31);
    assertEquals(1, server.sink.maintenances(), "31 seals");
    sealByAge(1);
    assertEquals(2, server.sink.maintenances());
  }

  @Test
  void neverForTheDefaultDatabase() throws Exception {
    server.sink.pretendToBe(CatalogKind.DEFAULT);
    server.clock.advanceMillis(3_600_000);
    sealByAge(40);
    assertEquals(0, server.sink.maintenances());
    assertNull(status().lastMaintenanceAgeMs());
  }

  @Test
  void neverAfterAFlush_norWhileTheServerStops() throws Exception {
    server.clock.advanceMillis(3_600_000);
    sealByAge(31);
    for (int i = 0; i < 40; i++) {
      server.append(1);
      var reply = server.flush(server.spool().durable().next());
      server.runUntil("the answer", reply::isDone);
    }
    assertEquals(0, server.sink.maintenances());
    StopTest.file(server, ServerState.STOPPING).write(server.folder);
    server.append(1);
    pipeline.accept(new PipelineCommand.LookAtServer());
    server.stopReceiver();
    server.runUntil("the end", pipeline::isEnded);
    assertEquals(0, server.sink.maintenances());
  }

  @Test
  void aFailure_isCounted_andTriedAgainAsLate() throws Exception {
    server.sink.failMaintenance(Optional.of(new SinkException.Unavailable("locked on purpose")));
    server.clock.advanceMillis(3_600_000);
    sealByAge(33);
    assertEquals(1, server.sink.maintenances());
    assertEquals(0, status().maintenanceRunsTotal());
    assertEquals(1, status().maintenanceFailuresTotal());
    assertEquals("locked on purpose", status().maintenanceLastError());
    assertNull(status().lastMaintenanceAgeMs());
    assertEquals(0, status().sealFailuresTotal());
    server.sink.failMaintenance(Optional.empty());
    server.clock.advanceMillis(300_000);
    sealByAge(32);
    assertEquals(1, status().maintenanceRunsTotal());
    assertEquals(1, status().maintenanceFailuresTotal());
    assertNull(status().maintenanceLastError());
  }

  @Test
  void aCatalogWithoutMaintenance_isAskedOnce_andTheLogSaysSoOnce() throws Exception {
    server.sink.failMaintenance(Optional.of(new SinkException.Refused("no such thing")));
    Logger log = (Logger) LoggerFactory.getLogger(Maintenance.class);
    ListAppender<ILoggingEvent> logged = new ListAppender<>();
    logged.start();
    log.addAppender(logged);
    try {
      for (int i = 0; i < 3; i++) {
        server.clock.advanceMillis(3_600_000);
        sealByAge(33);
      }
    } finally {
      log.detachAppender(logged);
    }
    assertEquals(
        List.of(
            PipelineHarness.URI
                + ": "
                + server.sink.target()
                + " takes no maintenance, it is off from now on"),
        logged.list.stream().map(ILoggingEvent::getFormattedMessage).toList());
    assertEquals(1, server.sink.maintenances());
    assertEquals(0, status().maintenanceFailuresTotal());
  }

  @Test
  void theRateIsWhatCameInTheLastWindow() {
    IngestRate rate = new IngestRate(0, 1_000);
    assertEquals(100, rate.bytesPerSecond(5_000_000_000L, 1_500));
    assertEquals(100, rate.bytesPerSecond(10_000_000_000L, 2_000));
    assertEquals(1_000, rate.bytesPerSecond(15_000_000_000L, 16_000));
    assertEquals(900, rate.bytesPerSecond(20_000_000_000L, 11_000));
    assertEquals(0, rate.bytesPerSecond(40_000_000_000L, 11_000));
  }

  private void sealByAge(int count) throws Exception {
    for (int i = 0; i < count; i++) {
      server.append(1);
      server.drain();
    }
    assertTrue(pipeline.seals().stream().limit(count).allMatch(s -> s.trigger().equals("age")));
  }

  private AdminApi.PipelineStatus status() {
    PipelineSettings settings =
        new PipelineSettings(
            server.spoolId, PipelineHarness.URI, server.folder, server.limits, 1 << 20, false);
    return pipeline.snapshot().toStatus(settings, server.clock.millis(), server.clock.getAsLong());
  }
}
