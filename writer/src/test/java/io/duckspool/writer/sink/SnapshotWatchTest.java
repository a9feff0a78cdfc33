package io.duckspool.writer.sink;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** When somebody should expire snapshots, the log says so once. */
final class SnapshotWatchTest {

  private final Logger logger = (Logger) LoggerFactory.getLogger(SnapshotWatch.class);
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private final SnapshotWatch watch = new SnapshotWatch("ice");

  @BeforeEach
  void listen() {
    log.start();
    logger.addAppender(log);
  }

  @AfterEach
  void leave() {
    logger.detachAppender(log);
  }

  @Test
  void manySnapshots_areWarnedOfOnce_andAgainAfterTheyWereExpired() {
    watch.counted("otel.otlp_logs", 999);
    assertEquals(0, log.list.size());
    watch.counted("otel.otlp_logs", 1_000);
    watch.counted("otel.otlp_logs", 1_100);
    watch.counted("otel.otlp_traces", 5);
    assertEquals(1, log.list.size());
    assertEquals(
        "ice: table otel.otlp_logs has 1000 snapshots, and each seal adds one: every commit and every"
            + " query reads their list. duckspool expires none, see docs/targets/iceberg.md for who"
            + " does",
        log.list.get(0).getFormattedMessage());
    watch.counted("otel.otlp_logs", 10);
    watch.counted("otel.otlp_logs", 1_000);
    assertEquals(2, log.list.size());
  }

  @Test
  void theCounts_areThoseOfTheLastLook() {
    watch.counted("otel.otlp_traces", 7);
    watch.counted("otel.otlp_logs", 3);
    watch.counted("otel.otlp_logs", 4);
    assertEquals(
        List.of(
            new TableSnapshots("ice", "otel.otlp_logs", 4),
            new TableSnapshots("ice", "otel.otlp_traces", 7)),
        watch.counts());
  }
}
