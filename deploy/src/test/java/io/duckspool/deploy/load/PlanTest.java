package io.duckspool.deploy.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.config.Secret;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

/** What a load is told to do: bounds, mistakes on purpose, waits, and how it is summed up. */
final class PlanTest {
  private static final Stamp STAMP = new Stamp("r1");

  @Test
  void pace_isBounded() {
    assertEquals(1_000, pace(1_000, 1, 1e6, Duration.ofMillis(1)).connections());
    assertRefused("connections must be in [1, 1000], got 0", () -> pace(0, 1, 0, Duration.ZERO));
    assertRefused(
        "connections must be in [1, 1000], got 1001", () -> pace(1_001, 1, 0, Duration.ZERO));
    assertRefused("maxRequests must be > 0, got 0", () -> pace(1, 0, 0, Duration.ZERO));
    for (double rate : new double[] {-0.1, 1_000_000.1, Double.NaN}) {
      assertRefused(
          "requestsPerSecond must be in [0, 1000000.0], got " + rate,
          () -> pace(1, 1, rate, Duration.ZERO));
    }
    assertRefused(
        "pause must be in [0, 365 d], got 31536000001 ms",
        () -> pace(1, 1, 0, Pace.MAX_TIME.plusMillis(1)));
    assertRefused(
        "duration must be in (0, 365 d], got 0 ms",
        () -> new Pace(1, 1, Optional.of(Duration.ZERO), 0, Duration.ZERO));
    assertRefused("limit must be in [0, 365 d], got -1 ms", () -> new Retry(Duration.ofMillis(-1)));
    assertRefused("badTokenEvery must be >= 0, got -1", () -> new Mistakes(-1, 0));
    assertRefused("invalidEvery must be >= 0, got -1", () -> new Mistakes(0, -1));
    assertRefused("timeout must be in [1 ms, 1 h], got 0 ms", () -> target("http://h", 0));
    assertRefused(
        "timeout must be in [1 ms, 1 h], got 3600001 ms", () -> target("http://h", 3_600_001));
  }

  @Test
  void requestsOfOneLoad_haveOneRecordCount() {
    StampedRequest two = StampedRequest.of(RequestShape.plain(LoadSignal.LOGS, 2), STAMP);
    StampedRequest three = StampedRequest.of(RequestShape.plain(LoadSignal.LOGS, 3), STAMP);
    for (List<StampedRequest> mix : List.of(List.of(two, three), List.<StampedRequest>of())) {
      assertRefused(
          "requests of one load must have one record count",
          () ->
              new LoadPlan(
                  target("http://h", 1), mix, Pace.requests(1, 1), Retry.NEVER, Mistakes.NONE));
    }
  }

  @Test
  void urls_areABaseAndNothingElse() {
    for (String url : new String[] {"http://h", "https://h:4318/prefix", "http://[::1]:4318/"}) {
      assertEquals(url, LoadTarget.parseUrl(" " + url + " ").toString());
    }
    for (String url :
        new String[] {
          "",
          "h:4318",
          "ftp://h",
          "http://",
          "http://u@h",
          "http://h?a=b",
          "http://h#f",
          "http://h:0",
          "http://h:65536",
          "http://h:x",
          "otlp:localhost:4318"
        }) {
      String told =
          assertThrows(IllegalArgumentException.class, () -> LoadTarget.parseUrl(url)).getMessage();
      assertTrue(told.startsWith("a URL such as http://localhost:4318 "), told);
      assertTrue(told.endsWith("got \"" + url + "\""), told);
    }
  }

  @Test
  void theHead_hasTokenTypeAndPath_andNeverPrintsTheToken() {
    LoadTarget target =
        new LoadTarget(
            URI.create("http://h:4318/base/"),
            Optional.of(new Secret("s3cret")),
            Duration.ofSeconds(1));
    StampedRequest request =
        StampedRequest.of(new RequestShape(LoadSignal.TRACES, 1, 64, true, true), STAMP);
    assertEquals(
        "POST /base/v1/traces HTTP/1.1\r\nHost: h:4318\r\nAuthorization: Bearer s3cret\r\n"
            + "Content-Encoding: gzip\r\nContent-Type: application/json\r\n"
            + "User-Agent: duckspool-load\r\nContent-Length: 5\r\n\r\n",
        text(target.head(request, 5, false)));
    assertFalse(text(target.head(request, 5, true)).contains("s3cret"));
    assertFalse(target.toString().contains("s3cret"));
  }

  @Test
  void mistakes_comeEveryNth_andTheTokenGoesFirst() {
    Mistakes mistakes = new Mistakes(3, 2);
    assertEquals(
        List.of(2L, 5L), LongStream.range(0, 6).filter(mistakes::hasBadToken).boxed().toList());
    assertEquals(
        List.of(1L, 3L, 7L), LongStream.range(0, 8).filter(mistakes::isInvalid).boxed().toList());
    assertFalse(Mistakes.NONE.hasBadToken(0) || Mistakes.NONE.isInvalid(0));
    assertTrue(new Mistakes(1, 0).hasBadToken(0));
  }

  @Test
  void onlyRetryableAnswers_areSentAgain_andRetryAfterIsKept() {
    Retry retry = new Retry(Duration.ofSeconds(10));
    for (int status : new int[] {429, 502, 503, 504}) {
      assertEquals(Optional.of(Duration.ofSeconds(7)), wait(retry, status, "7", 1, 0));
      assertEquals(Optional.empty(), wait(Retry.NEVER, status, "0", 1, 1));
    }
    for (int status : new int[] {200, 202, 400, 401, 408, 413, 500, 501}) {
      assertEquals(Optional.empty(), wait(retry, status, "1", 1, 0));
    }
    // The last moment at which the wait ends within the limit, and the next.
    assertEquals(Optional.of(Duration.ofSeconds(7)), wait(retry, 503, "7", 1, 3_000_000_000L));
    assertEquals(Optional.empty(), wait(retry, 503, "7", 1, 3_000_000_001L));
    assertEquals(Optional.empty(), wait(retry, 503, "999999999", 1, 0));
  }

  @Test
  void withoutRetryAfter_theWaitDoubles_upToFiveSeconds() {
    Retry retry = new Retry(Duration.ofDays(1));
    for (String none : new String[] {"", "Wed, 21 Oct 2026 07:28:00 GMT", "-1"}) {
      assertEquals(Optional.of(Duration.ofMillis(75)), wait(retry, 503, none, 1, 0));
    }
    assertEquals(Optional.of(Duration.ofMillis(150)), wait(retry, 503, "", 2, 0));
    assertEquals(Optional.of(Duration.ofMillis(2_400)), wait(retry, 503, "", 6, 0));
    assertEquals(Optional.of(Duration.ofMillis(3_750)), wait(retry, 503, "", 7, 0));
    assertEquals(Optional.of(Duration.ofMillis(3_750)), wait(retry, 503, "", 1_000_000, 0));
  }

  @Test
  void theReport_hasPercentilesAndRates() {
    Histogram micros = new Histogram(3_600_000_000L, 3);
    for (int i = 1; i <= 1_000; i++) {
      micros.recordValue(i * 1_000L);
    }
    LoadReport.Latency latency = LoadReport.Latency.of(micros);
    assertEquals(500, latency.p50(), 0.5);
    assertEquals(990, latency.p99(), 1);
    assertEquals(999, latency.p999(), 1);
    assertEquals(1_000, latency.max(), 1);

    LoadMeter one = new LoadMeter();
    one.connected();
    one.replied(202, 1_000_000);
    one.ended(answer(202, 1), 2_000, 8_000);
    LoadMeter other = new LoadMeter();
    other.connectRefused();
    other.connected();
    other.replied(503, 3_000_000);
    other.replied(202, 2_000_000);
    other.ended(answer(202, 2), 2_000, 8_000);
    other.replied(400, 4_000_000);
    other.ended(answer(400, 1), 9, 9);
    other.notReplied();
    other.ended(new Answer(3, 10, 1, Optional.empty(), "cut", 0), 2_000, 8_000);
    one.add(other);
    assertEquals(
        "{\"seconds\":2.0,\"requests\":4,\"accepted_requests\":2,\"accepted_rows\":20,"
            + "\"rows_per_s\":10.0,\"requests_per_s\":2.0,\"mb_per_s\":0.002,"
            + "\"decoded_mb_per_s\":0.008,"
            + "\"latency_ms\":{\"p50\":2.0,\"p99\":4.001,\"p99.9\":4.001,\"max\":4.001},"
            + "\"answers\":{\"202\":2,\"400\":1,\"503\":1,\"none\":1},"
            + "\"resends\":1,\"connects\":2,\"refused_connects\":1}",
        one.report(10, 2_000_000_000L).toJson().toString());
    assertEquals(0, new LoadMeter().report(10, 0).rowsPerSecond());
  }

  private static Answer answer(int status, int attempts) {
    return new Answer(0, 10, attempts, Optional.of(reply(status, "")), "", 0);
  }

  private static HttpConnection.Reply reply(int status, String retryAfter) {
    return new HttpConnection.Reply(
        status, retryAfter.isEmpty() ? Map.of() : Map.of("retry-after", retryAfter), "");
  }

  private static Optional<Duration> wait(
      Retry retry, int status, String retryAfter, int attempt, long elapsedNanos) {
    return retry.waitBefore(reply(status, retryAfter), attempt, elapsedNanos, () -> 0.5);
  }

  private static Pace pace(int connections, long requests, double rate, Duration pause) {
    return new Pace(connections, requests, Optional.empty(), rate, pause);
  }

  private static LoadTarget target(String url, long timeoutMillis) {
    return new LoadTarget(URI.create(url), Optional.empty(), Duration.ofMillis(timeoutMillis));
  }

  private static String text(byte[] head) {
    return new String(head, StandardCharsets.US_ASCII);
  }

  private static void assertRefused(String message, Runnable made) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, made::run).getMessage());
  }
}
