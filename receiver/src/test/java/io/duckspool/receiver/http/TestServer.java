package io.duckspool.receiver.http;

import io.duckspool.common.admin.ControlToken;
import io.duckspool.common.admin.ListenUri;
import io.duckspool.common.net.FreePort;
import io.duckspool.common.otlp.OtlpLimits;
import io.duckspool.receiver.FakeSpool;
import io.duckspool.receiver.ingest.Admission;
import io.duckspool.receiver.ingest.ChunkPool;
import io.duckspool.receiver.ingest.InFlightBytes;
import io.duckspool.receiver.ingest.RequestValidator;
import io.duckspool.spool.Spool;
import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/** One server on a free port, over a spool of the test's choice. */
public final class TestServer implements AutoCloseable {

  public static final String TOKEN = "0123456789abcdef-token";

  /** One log record, valid OTLP/JSON. */
  public static final byte[] ONE_LOG =
      "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"body\":{\"stringValue\":\"x\"}}]}]}]}"
          .getBytes(StandardCharsets.UTF_8);

  public final FakeSpool fake = new FakeSpool();
  public final InFlightBytes memory;
  public final Admission admission;
  public final ConnectionLimit connections;
  public final RequestCounts counts = new RequestCounts();
  public final int port;
  public final String host;
  private final BodyDeadlines deadlines;
  private final HttpListener listener;

  /** What a test may change. */
  public static final class Options {
    public long maxBodyBytes = 1 << 20;
    long maxInFlightBytes = 64 << 20;
    OptionalLong maxBufferedBytes = OptionalLong.empty();
    Duration bodyTimeout = Duration.ofSeconds(30);
    public OtlpLimits limits = OtlpLimits.DEFAULT;
    boolean otlpMode;
    boolean disableAuth;
    int httpThreads = 4;
    int maxConnections = 5_000;
    LongSupplier ticker = System::nanoTime;
    String host = "127.0.0.1";
    int port;
    Optional<Spool> spool = Optional.empty();
    Optional<String> degradation = Optional.empty();
    Runnable onReadiness = () -> {};

    public TestServer start() throws IOException {
      return new TestServer(this);
    }
  }

  private TestServer(Options options) throws IOException {
    host = options.host;
    port = options.port == 0 ? FreePort.take() : options.port;
    memory = new InFlightBytes(options.maxInFlightBytes);
    connections = new ConnectionLimit(options.maxConnections);
    deadlines = new BodyDeadlines(options.bodyTimeout, options.ticker);
    Spool spool = options.spool.orElse(fake);
    admission = new Admission(memory, spool, options.maxBufferedBytes, System::nanoTime);
    listener =
        HttpListener.open(
            new IngestServices(
                memory, new ChunkPool(1 << 20), deadlines, connections, InstantSource.system()),
            new IngestServer(
                new ListenUri(options.host, port),
                options.httpThreads,
                options.maxBodyBytes,
                options.otlpMode,
                options.disableAuth ? Optional.empty() : Optional.of(ControlToken.of(TOKEN)),
                admission,
                new RequestValidator(options.limits, (int) options.maxBodyBytes, 4),
                spool,
                counts),
            () -> {
              options.onReadiness.run();
              return options.degradation;
            });
  }

  public static Options options() {
    return new Options();
  }

  public RawClient client() throws IOException {
    return new RawClient(host.equals("localhost") ? "127.0.0.1" : host, port);
  }

  public String url(String path) {
    return "http://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port + path;
  }

  public static HttpClient http() {
    return HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  }

  /** Head of a POST to /v1/logs with a valid token, without the blank line that ends it. */
  public static String head(String... headers) {
    return "POST /v1/logs HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer "
        + TOKEN
        + "\r\n"
        + String.join("", java.util.Arrays.stream(headers).map(h -> h + "\r\n").toList());
  }

  /** One POST of a JSON body, sent whole. */
  public RawClient.Reply post(byte[] body, String... headers) throws IOException {
    try (RawClient client = client()) {
      String head = head(headers) + "Content-Length: " + body.length + "\r\n\r\n";
      return client.send(head).send(body).reply();
    }
  }

  public RawClient.Reply postJson(byte[] body) throws IOException {
    return post(body, "Content-Type: application/json");
  }

  /** Waits for a state that must come; fails after ten seconds. */
  public static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("never came true: " + what);
      }
      java.util.concurrent.locks.LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
    }
  }

  @Override
  public void close() {
    listener.close();
    deadlines.close();
  }
}
