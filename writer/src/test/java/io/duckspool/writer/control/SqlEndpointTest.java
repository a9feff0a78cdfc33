package io.duckspool.writer.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.admin.AdminJson;
import io.duckspool.writer.sink.DuckDbDatabase;
import io.duckspool.writer.sink.DuckDbSettings;
import io.duckspool.writer.sink.SqlRunner;
import io.javalin.Javalin;
import io.javalin.compression.CompressionStrategy;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.ipc.ArrowStreamReader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Statements over real connections: what a client gets, and what becomes of one that goes. */
final class SqlEndpointTest {

  private static final long MAX_ROWS = 1_000_000;
  private static final String ENDLESS =
      "SELECT count(*) FROM range(100000000) a, range(100000) b"
          + " WHERE a.range % 7 = b.range % 5";

  @TempDir Path temp;
  private final HttpClient http = HttpClient.newHttpClient();
  private DuckDbDatabase database;
  private Javalin javalin;

  @BeforeEach
  void open() throws Exception {
    database =
        DuckDbDatabase.open(
            new DuckDbSettings(
                Optional.empty(),
                256L << 20,
                2,
                temp.resolve("tmp"),
                Optional.empty(),
                false,
                Optional.empty()),
            InstantSource.system(),
            System::nanoTime);
    SqlEndpoint endpoint =
        new SqlEndpoint(database.sqlRunner(), new SqlRunner.Limits(MAX_ROWS, 64 << 20, 30_000));
    javalin =
        Javalin.create(
            config -> {
              config.startup.showJavalinBanner = false;
              config.http.compressionStrategy = CompressionStrategy.NONE; // as the writer has it
              Route route = endpoint.routes().get(0);
              config.routes.post(route.path(), route.handler());
              config.routes.exception(
                  RefusedException.class,
                  (e, context) -> Json.reply(context, e.status(), e.failure()));
            });
    javalin.start("127.0.0.1", 0);
  }

  @AfterEach
  void close() {
    javalin.stop();
    database.close();
  }

  @Test
  void eachFormat_hasItsContentType() throws Exception {
    HttpResponse<byte[]> json = post("SELECT 1 AS a", null);
    assertEquals("application/json", type(json));
    assertEquals("[\n{\"a\":1}\n]\n", text(json));
    HttpResponse<byte[]> csv = post("SELECT 1 AS a", "csv");
    assertEquals("text/csv; charset=utf-8", type(csv));
    assertEquals("a\n1\n", text(csv));
    HttpResponse<byte[]> arrow = post("SELECT 1 AS a", "arrow");
    assertEquals("application/vnd.apache.arrow.stream", type(arrow));
    try (RootAllocator allocator = new RootAllocator();
        ArrowStreamReader reader =
            new ArrowStreamReader(new ByteArrayInputStream(arrow.body()), allocator)) {
      assertTrue(reader.loadNextBatch());
      assertEquals(1, reader.getVectorSchemaRoot().getVector("a").getObject(0));
      assertFalse(reader.loadNextBatch());
    }
    assertEquals(400, post("SELECT 1", "xml").statusCode());
  }

  @ParameterizedTest
  @ValueSource(strings = {"json", "csv", "arrow"})
  void aStatementThatIsRefusedOrFails_isABadRequest(String format) throws Exception {
    HttpResponse<byte[]> refused = post("DROP TABLE x", format);
    assertEquals(400, refused.statusCode());
    assertEquals("application/json", type(refused));
    assertTrue(text(refused).startsWith("{\"error\":\"bad_request\",\"message\":\"only a single"));
    HttpResponse<byte[]> failed = post("SELECT error('on purpose')", format);
    assertEquals(400, failed.statusCode(), text(failed));
    assertTrue(text(failed).contains("on purpose"), text(failed));
  }

  @ParameterizedTest
  @ValueSource(strings = {"json", "csv", "arrow"})
  void anAnswerThatBreaksOff_neverLooksWhole(String format) throws Exception {
    assertEquals(200, post("FROM range(" + MAX_ROWS + ")", format).statusCode());
    assertThrows(IOException.class, () -> post("FROM range(" + (MAX_ROWS + 1) + ")", format));
    // Few rows, many bytes.
    assertThrows(
        IOException.class, () -> post("SELECT repeat('x', 10000) FROM range(10000)", format));
  }

  @Test
  void theThirdQueryAtATime_isTurnedAway_andAClientThatGoesMakesRoom() throws Exception {
    SqlRunner queries = database.sqlRunner();
    try (Socket first = begin()) {
      await("the first has begun", () -> queries.running() == 1);
      try (Socket second = begin()) {
        await("both have begun", () -> queries.running() == 2);
        HttpResponse<byte[]> third = post("SELECT 1", null);
        assertEquals(503, third.statusCode());
        assertEquals("1", third.headers().firstValue("Retry-After").orElse(""));
        assertEquals(
            "{\"error\":\"unavailable\",\"message\":\"2 queries run already, try again\"}",
            text(third));
      }
      await("the query of a client that is gone ends", () -> queries.running() == 1);
      assertEquals(200, post("SELECT 1", null).statusCode());
    }
    await("the other one ends, too", () -> queries.running() == 0);
  }

  @ParameterizedTest
  @ValueSource(strings = {"json", "csv", "arrow"})
  void anErrorInALaterRow_breaksTheAnswer(String format) {
    String sql =
        "SELECT range AS i, CASE WHEN range = 900000 THEN 'x' ELSE '1' END::INTEGER AS n%s"
            + " FROM range(1000000)";
    assertThrows(IOException.class, () -> post(sql.formatted(""), format));
    if (!format.equals("arrow")) {
      assertThrows(IOException.class, () -> post(sql.formatted(", {'a': 1} AS s"), format));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"json", "csv"})
  void anErrorBeforeAnythingWasSent_isABadRequest_thoughRowsWereWritten(String format)
      throws Exception {
    String large =
        "SELECT 1 AS i, string_agg(repeat('x', 10000), '') AS s FROM range(4000)"
            + " UNION ALL SELECT 2, ''";
    HttpResponse<byte[]> tooLarge = post(large, format);
    assertEquals(400, tooLarge.statusCode());
    assertTrue(text(tooLarge).contains("too large for JSON and CSV"), text(tooLarge));
    // The rest of the first row, still buffered, would be more than the server holds back.
    String second =
        "SELECT string_agg(repeat('x', 1000), '') AS s FROM range(34)"
            + " UNION ALL SELECT string_agg(repeat('x', 10000), '') FROM range(4000)";
    assertEquals(400, post(second, format).statusCode());
    String later =
        "SELECT CASE WHEN range = 3000 THEN error('on purpose') ELSE 1 END AS a FROM range(4000)";
    HttpResponse<byte[]> failed = post(later, format);
    assertEquals(400, failed.statusCode());
    assertEquals("application/json", type(failed));
    assertTrue(text(failed).startsWith("{\"error\":\"bad_request\""), text(failed));
    assertTrue(text(failed).contains("on purpose"), text(failed));
  }

  private static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < deadline, "waited 30 s until " + what);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
    }
  }

  /** Sends a query that runs for long, and doesn't wait. */
  private Socket begin() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), javalin.port());
    byte[] body = body(ENDLESS, null);
    socket
        .getOutputStream()
        .write(
            ("POST /admin/sql HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
                    + body.length
                    + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));
    socket.getOutputStream().write(body);
    return socket;
  }

  private static byte[] body(String sql, String format) throws IOException {
    return AdminJson.MAPPER.writeValueAsBytes(
        format == null ? Map.of("sql", sql) : Map.of("sql", sql, "format", format));
  }

  private HttpResponse<byte[]> post(String sql, String format) throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + javalin.port() + "/admin/sql"))
            .POST(HttpRequest.BodyPublishers.ofByteArray(body(sql, format)))
            .build(),
        HttpResponse.BodyHandlers.ofByteArray());
  }

  private static String type(HttpResponse<byte[]> response) {
    return response.headers().firstValue("Content-Type").orElse("");
  }

  private static String text(HttpResponse<byte[]> response) {
    return new String(response.body(), StandardCharsets.UTF_8);
  }
}
