package io.duckspool.deploy.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.duckspool.common.config.Secret;
import io.opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.IntUnaryOperator;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A load against a real server that counts. */
@Timeout(120)
final class LoadRunTest {
  private static final Stamp STAMP = new Stamp("r1");
  private static final String TOKEN = "right";
  private static final int CUT = 0;

  private final Queue<String> seen = new ConcurrentLinkedQueue<>();
  private final Set<InetSocketAddress> clients = ConcurrentHashMap.newKeySet();
  private final AtomicInteger received = new AtomicInteger();
  private final ExecutorService executor = Executors.newCachedThreadPool();
  private final Notes notes = new Notes(answer -> {});
  private volatile IntUnaryOperator statusOf = number -> 202;
  private HttpServer server;

  /** Numbers from 0 on, and every answer. */
  private static final class Notes implements LoadLog {
    private final AtomicLong next = new AtomicLong();
    private final Map<Long, Answer> answers = new ConcurrentHashMap<>();
    private final CountDownLatch first = new CountDownLatch(1);
    private final Consumer<Answer> then;

    Notes(Consumer<Answer> then) {
      this.then = then;
    }

    @Override
    public long draw() {
      return next.getAndIncrement();
    }

    @Override
    public void answered(Answer answer) {
      if (answers.put(answer.request(), answer) != null) {
        throw new AssertionError("a second answer: " + answer);
      }
      first.countDown();
      then.accept(answer);
    }
  }

  @BeforeEach
  void startServer() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/v1/logs", this::answer);
    server.setExecutor(executor);
    server.start();
  }

  @AfterEach
  void stopServer() {
    server.stop(0);
    executor.shutdownNow();
  }

  @Test
  void load_sendsEachNumberOnce_onItsConnections() throws Exception {
    LoadReport report = run(plan(Pace.requests(3, 60), Retry.NEVER, Mistakes.NONE));
    assertEquals(60, report.requests());
    assertEquals(120, report.acceptedRows());
    assertEquals(Map.of("202", 60L), report.answers());
    assertEquals(3, report.connects());
    assertEquals(3, clients.size());
    assertEquals(60, seen.size());
    assertEquals(60, seen.stream().distinct().count());
    assertTrue(report.latency().max() > 0);
  }

  @Test
  void rejectedAndCutRequests_areNotSentAgain() throws Exception {
    statusOf = number -> number % 7 == 0 ? CUT : number % 5 == 0 ? 503 : 202;
    LoadReport report = run(plan(Pace.requests(2, 70), Retry.NEVER, Mistakes.NONE));
    assertEquals(70, seen.stream().distinct().count());
    assertEquals(70, seen.size());
    assertEquals(10, report.answers().get("none"));
    assertEquals(12, report.answers().get("503"));
    assertEquals(48, report.acceptedRequests());
    assertEquals(70, notes.answers.size());
    assertEquals(
        10, notes.answers.values().stream().filter(answer -> answer.reply().isEmpty()).count());
    // The two, and one for each that was cut, but for the one that came last.
    assertTrue(report.connects() >= 11 && report.connects() <= 12, report.connects() + "");
  }

  @Test
  void withRetry_whatIsWantedLater_isSentUntilItIsTaken() throws Exception {
    statusOf = number -> number <= 6 ? 503 : 202;
    LoadReport report =
        run(plan(Pace.requests(1, 3), new Retry(Duration.ofMinutes(1)), Mistakes.NONE));
    assertEquals(3, report.acceptedRequests());
    assertEquals(6, report.resends());
    assertEquals(Map.of("202", 3L, "503", 6L), report.answers());
    assertEquals(9, seen.size());
    assertEquals(3, seen.stream().distinct().count());
    assertEquals(7, notes.answers.get(0L).attempts());
  }

  @Test
  void withRetry_aCutRequestIsNotSentAgain() throws Exception {
    statusOf = number -> number == 1 ? CUT : 202;
    run(plan(Pace.requests(1, 3), new Retry(Duration.ofMinutes(1)), Mistakes.NONE));
    assertEquals(3, seen.size());
    assertEquals(3, seen.stream().distinct().count());
  }

  @Test
  void mistakesOnPurpose_areToldAsSuch() throws Exception {
    LoadReport report = run(plan(Pace.requests(2, 30), Retry.NEVER, new Mistakes(5, 3)));
    assertEquals(Map.of("202", 16L, "400", 8L, "401", 6L), report.answers());
    assertEquals(401, notes.answers.get(4L).reply().orElseThrow().status());
    assertEquals(400, notes.answers.get(2L).reply().orElseThrow().status());
    assertEquals(401, notes.answers.get(14L).reply().orElseThrow().status());
  }

  @Test
  void noNumberIsDrawn_whileNobodyListens() throws Exception {
    int port = server.getAddress().getPort();
    server.stop(0);
    LoadRun run = LoadRun.start(plan(port, Pace.requests(2, 10)), notes, System::nanoTime);
    run.stop();
    LoadReport report = run.await();
    assertEquals(0, notes.next.get());
    assertEquals(0, report.requests());
    assertEquals(0, report.latency().max());
  }

  @Test
  void aLoadWithoutEnd_isStopped_withEveryNumberAnswered() throws Exception {
    try (LoadRun run =
        LoadRun.start(
            plan(Pace.requests(4, Long.MAX_VALUE), Retry.NEVER, Mistakes.NONE),
            notes,
            System::nanoTime)) {
      notes.first.await();
      run.stop();
      LoadReport report = run.await();
      assertEquals(notes.next.get(), report.requests());
      assertEquals(notes.next.get(), notes.answers.size());
      assertTrue(run.failure().isEmpty());
    }
  }

  /** The clock stands still until a request was answered, and is past the end after it. */
  @Test
  void aLoadWithADuration_endsByTheClock() throws Exception {
    AtomicLong nanos = new AtomicLong(1_000);
    Duration duration = Duration.ofSeconds(5);
    Notes log =
        new Notes(
            answer -> {
              if (answer.request() == 9) {
                nanos.addAndGet(duration.toNanos());
              }
            });
    Pace pace = new Pace(1, Long.MAX_VALUE, Optional.of(duration), 0, Duration.ZERO);
    LoadReport report =
        LoadRun.start(plan(pace, Retry.NEVER, Mistakes.NONE), log, nanos::get).await();
    assertEquals(10, report.requests());
    assertEquals(5.0, report.seconds());
  }

  /** By a clock that doesn't move, the second request is due for ever, the first at once. */
  @Test
  void withARate_aRequestWaitsUntilItIsDue() throws Exception {
    Pace pace = new Pace(1, 2, Optional.empty(), 0.001, Duration.ZERO);
    LoadRun run = LoadRun.start(plan(pace, Retry.NEVER, Mistakes.NONE), notes, () -> 0);
    notes.first.await();
    run.stop();
    assertEquals(1, run.await().requests());
  }

  @Test
  void aFailingLog_endsTheLoad_andIsTold() throws Exception {
    IllegalStateException failure = new IllegalStateException("disk full");
    Notes log =
        new Notes(
            answer -> {
              throw failure;
            });
    LoadRun run =
        LoadRun.start(
            plan(Pace.requests(2, Long.MAX_VALUE), Retry.NEVER, Mistakes.NONE),
            log,
            System::nanoTime);
    run.await();
    assertSame(failure, run.failure().orElseThrow());
  }

  private LoadReport run(LoadPlan plan) throws InterruptedException {
    LoadRun run = LoadRun.start(plan, notes, System::nanoTime);
    LoadReport report = run.await();
    assertEquals(Optional.empty(), run.failure());
    return report;
  }

  private LoadPlan plan(Pace pace, Retry retry, Mistakes mistakes) {
    return plan(server.getAddress().getPort(), pace, retry, mistakes);
  }

  private static LoadPlan plan(int port, Pace pace) {
    return plan(port, pace, Retry.NEVER, Mistakes.NONE);
  }

  private static LoadPlan plan(int port, Pace pace, Retry retry, Mistakes mistakes) {
    return new LoadPlan(
        new LoadTarget(
            URI.create("http://127.0.0.1:" + port),
            Optional.of(new Secret(TOKEN)),
            Duration.ofSeconds(60)),
        List.of(
            StampedRequest.of(new RequestShape(LoadSignal.LOGS, 2, 64, false, false), STAMP),
            StampedRequest.of(new RequestShape(LoadSignal.LOGS, 2, 64, false, true), STAMP)),
        pace,
        retry,
        mistakes);
  }

  private void answer(HttpExchange exchange) throws IOException {
    clients.add(exchange.getRemoteAddress());
    boolean isGzipped = "gzip".equals(exchange.getRequestHeaders().getFirst("Content-Encoding"));
    InputStream in = exchange.getRequestBody();
    byte[] body = isGzipped ? new GZIPInputStream(in).readAllBytes() : in.readAllBytes();
    int status = status(exchange, body);
    if (status == CUT) {
      throw new IOException("cut");
    }
    exchange.sendResponseHeaders(status, -1);
    exchange.close();
  }

  private int status(HttpExchange exchange, byte[] body) {
    if (!("Bearer " + TOKEN).equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
      return 401;
    }
    try {
      seen.add(
          ExportLogsServiceRequest.parseFrom(body)
              .getResourceLogs(0)
              .getScopeLogs(0)
              .getLogRecords(0)
              .getBody()
              .getStringValue());
    } catch (IOException e) {
      return 400;
    }
    return statusOf.applyAsInt(received.incrementAndGet());
  }
}
