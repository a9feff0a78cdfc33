package io.duckspool.deploy.load;

import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;

/** What one connection has seen. Used by its thread; {@link #add} by whoever sums up afterwards. */
final class LoadMeter {
  /** For sendings without a reply. */
  static final String NO_REPLY = "none";

  private static final long MAX_MICROS = 3_600_000_000L;
  private static final int DIGITS = 3;

  private final Histogram micros = new Histogram(MAX_MICROS, DIGITS);
  private final Map<String, Long> answers = new TreeMap<>();
  private long requestCount;
  private long acceptedCount;
  private long acceptedBytes;
  private long acceptedDecodedBytes;
  private long resendCount;
  private long connectCount;
  private long refusedConnectCount;

  LoadMeter() {
    micros.setAutoResize(true);
  }

  void connected() {
    connectCount++;
  }

  void connectRefused() {
    refusedConnectCount++;
  }

  /** A reply to one sending, however it turned out. */
  void replied(int status, long latencyNanos) {
    micros.recordValue(Math.min(MAX_MICROS, Math.max(0, latencyNanos / 1_000)));
    answers.merge(Integer.toString(status), 1L, Long::sum);
  }

  void notReplied() {
    answers.merge(NO_REPLY, 1L, Long::sum);
  }

  /** A request is through. */
  void ended(Answer answer, int bytes, int decodedBytes) {
    requestCount++;
    resendCount += answer.attempts() - 1;
    if (answer.isAccepted()) {
      acceptedCount++;
      acceptedBytes += bytes;
      acceptedDecodedBytes += decodedBytes;
    }
  }

  void add(LoadMeter other) {
    micros.add(other.micros);
    other.answers.forEach((status, count) -> answers.merge(status, count, Long::sum));
    requestCount += other.requestCount;
    acceptedCount += other.acceptedCount;
    acceptedBytes += other.acceptedBytes;
    acceptedDecodedBytes += other.acceptedDecodedBytes;
    resendCount += other.resendCount;
    connectCount += other.connectCount;
    refusedConnectCount += other.refusedConnectCount;
  }

  /** Sums up. */
  LoadReport report(int recordsPerRequest, long elapsedNanos) {
    return new LoadReport(
        elapsedNanos / 1e9,
        requestCount,
        acceptedCount,
        acceptedCount * recordsPerRequest,
        acceptedBytes,
        acceptedDecodedBytes,
        LoadReport.Latency.of(micros),
        Map.copyOf(answers),
        resendCount,
        connectCount,
        refusedConnectCount);
  }
}
