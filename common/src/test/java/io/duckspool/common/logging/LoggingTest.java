package io.duckspool.common.logging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.duckspool.common.config.LogConfig;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

final class LoggingTest {
  private final PrintStream realErr = System.err;
  private final ByteArrayOutputStream written = new ByteArrayOutputStream();

  @AfterEach
  void restore() {
    System.setErr(realErr);
    Logging.start(new LogConfig(LogConfig.Format.TEXT, LogConfig.Level.WARN));
  }

  @Test
  void text_isOneLine_withLevelAndMessage() {
    List<String> lines =
        logged(LogConfig.Format.TEXT, LogConfig.Level.INFO, log -> log.info("sealed {} rows", 7));
    assertEquals(1, lines.size());
    assertTrue(lines.get(0).matches("\\S+Z INFO +some.name \\[\\S+] sealed 7 rows"), lines.get(0));
  }

  @Test
  void text_ofSeveralLines_isOneLine_beforeItsStackTrace() {
    List<String> lines =
        logged(
            LogConfig.Format.TEXT,
            LogConfig.Level.INFO,
            log -> log.warn("no {}", "such\r\n\nWARN forged", new IOException("disk")));
    assertTrue(lines.get(0).endsWith("] no such WARN forged"), lines.get(0));
    assertEquals("java.io.IOException: disk", lines.get(1));
  }

  @Test
  void json_isOneObjectALine_withMessageAndStackTrace() throws IOException {
    List<String> lines =
        logged(
            LogConfig.Format.JSON,
            LogConfig.Level.INFO,
            log -> {
              log.info("say \"{}\"\n", "hi");
              log.error("failed", new IOException("disk"));
            });
    assertEquals(2, lines.size());
    JsonNode first = new ObjectMapper().readTree(lines.get(0));
    assertEquals("INFO", first.get("level").asText());
    assertEquals("say \"hi\"\n", first.get("formattedMessage").asText());
    assertTrue(first.get("timestamp").isNumber());
    JsonNode second = new ObjectMapper().readTree(lines.get(1));
    assertEquals("disk", second.get("throwable").get("message").asText());
  }

  @Test
  void whatIsBelowTheLevel_isLeftOut() {
    List<String> lines =
        logged(
            LogConfig.Format.TEXT,
            LogConfig.Level.WARN,
            log -> {
              log.info("no");
              log.warn("yes");
            });
    assertEquals(1, lines.size());
  }

  @Test
  void libraries_areHeardFromWarnOn_unlessEverythingIs() {
    logged(LogConfig.Format.TEXT, LogConfig.Level.DEBUG, log -> {});
    assertFalse(LoggerFactory.getLogger("org.eclipse.jetty.server").isInfoEnabled());
    assertTrue(LoggerFactory.getLogger("org.eclipse.jetty.server").isWarnEnabled());
    logged(LogConfig.Format.TEXT, LogConfig.Level.ERROR, log -> {});
    assertFalse(LoggerFactory.getLogger("net.openhft.chronicle").isWarnEnabled());
    logged(LogConfig.Format.TEXT, LogConfig.Level.TRACE, log -> {});
    assertTrue(LoggerFactory.getLogger("net.openhft.chronicle").isTraceEnabled());
  }

  private interface Use {
    void of(Logger log);
  }

  private List<String> logged(LogConfig.Format format, LogConfig.Level level, Use use) {
    System.setErr(new PrintStream(written, true, StandardCharsets.UTF_8));
    Logging.start(new LogConfig(format, level));
    use.of(LoggerFactory.getLogger("some.name"));
    System.setErr(realErr);
    return written.toString(StandardCharsets.UTF_8).lines().toList();
  }
}
