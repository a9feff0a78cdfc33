package io.duckspool.common.logging;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import io.duckspool.common.config.LogConfig;
import java.util.List;
import org.slf4j.LoggerFactory;

/**
 * Sets up the log of a process: lines for people, or one JSON object a line, on stderr. Called once
 * by the main thread, before anything that logs is started.
 */
public final class Logging {
  /** A message is one line: what a caller sent, and is quoted in it, can't look like another. */
  private static final String PATTERN =
      "%d{yyyy-MM-dd'T'HH:mm:ss.SSSX, UTC} %-5level %logger{20} [%thread]"
          + " %replace(%msg){'[\\r\\n]+', ' '}%n";

  /** Libraries that tell at INFO what is of no use to an operator. */
  private static final List<String> CHATTY =
      List.of(
          "io.javalin",
          "io.smallrye",
          "net.openhft",
          "org.apache.arrow",
          "org.eclipse.jetty",
          "org.jboss.logging");

  private Logging() {}

  /** Replaces the log's set-up; what is logged before comes out as warnings and errors only. */
  public static void start(LogConfig config) {
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    context.reset();
    ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
    appender.setContext(context);
    appender.setName("stderr");
    appender.setTarget("System.err");
    appender.setEncoder(
        config.format() == LogConfig.Format.JSON ? jsonEncoder(context) : textEncoder(context));
    appender.start();
    Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
    root.addAppender(appender);
    Level level = Level.valueOf(config.level().name());
    root.setLevel(level);
    // Debugging a library takes TRACE: at DEBUG they would drown us.
    Level libraryLevel = level.isGreaterOrEqual(Level.DEBUG) ? atLeastWarn(level) : level;
    CHATTY.forEach(name -> context.getLogger(name).setLevel(libraryLevel));
    // It warns of missing JNA, which we leave out on purpose.
    context.getLogger("net.openhft.affinity").setLevel(Level.ERROR);
  }

  private static Level atLeastWarn(Level level) {
    return level.isGreaterOrEqual(Level.WARN) ? level : Level.WARN;
  }

  private static Encoder<ILoggingEvent> textEncoder(LoggerContext context) {
    PatternLayoutEncoder encoder = new PatternLayoutEncoder();
    encoder.setContext(context);
    encoder.setPattern(PATTERN);
    encoder.start();
    return encoder;
  }

  private static Encoder<ILoggingEvent> jsonEncoder(LoggerContext context) {
    JsonEncoder encoder = new JsonEncoder();
    encoder.setContext(context);
    encoder.setWithSequenceNumber(false);
    encoder.setWithNanoseconds(false);
    encoder.setWithContext(false);
    encoder.setWithMessage(false);
    encoder.setWithArguments(false);
    encoder.setWithFormattedMessage(true);
    encoder.start();
    return encoder;
  }
}
