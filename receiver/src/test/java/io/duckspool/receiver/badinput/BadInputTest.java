package io.duckspool.receiver.badinput;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.duckspool.common.otlp.OtlpLimits;
import io.duckspool.common.otlp.OtlpParser;
import io.duckspool.common.otlp.OtlpRow;
import io.duckspool.common.otlp.RowCollector;
import io.duckspool.receiver.FakeSpool;
import io.duckspool.receiver.badinput.Outcome.Refused;
import io.duckspool.receiver.badinput.Outcome.Stored;
import io.duckspool.receiver.http.RawClient;
import io.duckspool.receiver.http.TestServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Thousands of bad and odd requests over HTTP. What must come of each is said by the generated
 * classes of opentelemetry-proto, by the decoders of the JDK, or by the contract. A refusal has its
 * status, its code and its place, and leaves the spool as it was; what is accepted has the rows of
 * the oracle, and stands in the spool as it was sent.
 */
class BadInputTest {

  private static final int MIN_CASES = 2_000;
  private static final int MAX_ROWS = 200;
  private static final int MAX_BODY_BYTES = 256 << 10;

  /** Requests that are sent before their replies are read, and their bytes. */
  private static final int PIPELINED = 50;

  private static final int PIPELINED_BYTES = 256 << 10;
  private static final int MAX_MESSAGE = 2_000;
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Map<String, Supplier<List<BadCase>>> FAMILIES = new LinkedHashMap<>();

  static {
    FAMILIES.put("cut", CutCases::all);
    FAMILIES.put("wrong wire types", ProtobufCases::wrongWireTypes);
    FAMILIES.put("overlong varints and lengths", ProtobufCases::overlongNumbers);
    FAMILIES.put("protobuf strings that are not UTF-8", ProtobufCases::notUtf8);
    FAMILIES.put("extreme numbers in protobuf", ProtobufCases::extremes);
    FAMILIES.put("wrong JSON types", JsonCases::wrongTypes);
    FAMILIES.put("extreme numbers in JSON", JsonCases::numbers);
    FAMILIES.put("duplicate JSON keys", JsonCases::duplicates);
    FAMILIES.put("JSON strings that are not UTF-8", JsonCases::notUtf8);
    FAMILIES.put("wrong top levels", DocumentCases::topLevels);
    FAMILIES.put("something behind a document", DocumentCases::trailing);
    FAMILIES.put("marks, blanks and ends of lines", DocumentCases::blanks);
    FAMILIES.put("wrong content types", CodingCases::wrongTypes);
    FAMILIES.put("wrong content encodings", CodingCases::mislabelled);
    FAMILIES.put("flipped bits of streams", CodingCases::flippedBits);
    FAMILIES.put("something behind a stream", CodingCases::trailing);
    FAMILIES.put("nesting", SizeCases::nesting);
    FAMILIES.put("sizes", () -> SizeCases.sizes(MAX_ROWS, MAX_BODY_BYTES));
  }

  private static final Map<String, Integer> POSTED = new LinkedHashMap<>();
  private static final OtlpParser PARSER = new OtlpParser(OtlpLimits.DEFAULT);
  private static final RowCollector BUILT = new RowCollector();
  private static TestServer server;
  private static RawClient client;

  static Set<String> families() {
    return FAMILIES.keySet();
  }

  @BeforeAll
  static void start() throws IOException {
    TestServer.Options options = TestServer.options();
    options.limits = new OtlpLimits(OtlpLimits.MAX_NESTING, MAX_ROWS, 1L << 30);
    options.maxBodyBytes = MAX_BODY_BYTES;
    server = options.start();
    client = server.client();
  }

  @AfterAll
  static void stop() throws IOException {
    client.close();
    server.close();
  }

  @AfterAll
  static void thereWereAtLeast2000Cases() {
    int cases = POSTED.values().stream().mapToInt(Integer::intValue).sum();
    System.out.println("bad input: " + cases + " cases, " + POSTED);
    if (POSTED.size() == FAMILIES.size()) {
      assertTrue(cases >= MIN_CASES, "only " + cases + " cases");
    }
  }

  @ParameterizedTest
  @MethodSource("families")
  void everyCase_hasExactlyItsOutcome(String family) throws Exception {
    List<BadCase> cases = FAMILIES.get(family).get();
    Set<String> names = new TreeSet<>();
    for (BadCase bad : cases) {
      assertTrue(names.add(bad.name()), "twice: " + bad.name());
    }
    List<String> failures = new ArrayList<>();
    int at = 0;
    while (at < cases.size()) {
      at += postSome(cases.subList(at, cases.size()), failures);
    }
    POSTED.put(family, cases.size());
    assertTrue(
        failures.isEmpty(),
        failures.size()
            + " of "
            + cases.size()
            + " cases:\n"
            + String.join("\n", failures.subList(0, Math.min(20, failures.size()))));
  }

  /**
   * Sends the first cases at once on the connection that is kept, then looks at the replies and at
   * the spool; returns how many had a reply.
   */
  private static int postSome(List<BadCase> cases, List<String> failures) throws Exception {
    Tail requests = Tail.tail();
    int count = 0;
    for (int bytes = 0; count < Math.min(PIPELINED, cases.size()) && bytes < PIPELINED_BYTES; ) {
      BadCase bad = cases.get(count++);
      requests.raw(head(bad).getBytes(StandardCharsets.US_ASCII)).raw(bad.body());
      bytes += bad.body().length;
    }
    long entries = server.fake.head().entries();
    client.send(requests.done());
    List<RawClient.Reply> replies = new ArrayList<>();
    while (replies.size() < count) {
      RawClient.Reply reply = client.reply();
      replies.add(reply);
      if ("close".equalsIgnoreCase(reply.headers().getOrDefault("connection", ""))) {
        client.close();
        client = server.client();
        count = replies.size();
      }
    }
    Iterator<FakeSpool.Entry> appended = server.fake.entriesFrom((int) entries).iterator();
    for (int i = 0; i < count; i++) {
      String failure = judge(cases.get(i), replies.get(i), appended);
      if (!failure.isEmpty()) {
        failures.add(cases.get(i).name() + ": " + failure);
      }
    }
    if (appended.hasNext()) {
      failures.add("one of " + count + " cases from " + cases.get(0).name() + ": an entry more");
    }
    return count;
  }

  private static String head(BadCase bad) {
    return "POST "
        + bad.signal().path()
        + " HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer "
        + TestServer.TOKEN
        + "\r\n"
        + String.join("\r\n", bad.headers())
        + "\r\nContent-Length: "
        + bad.body().length
        + "\r\n\r\n";
  }

  /** What is wrong with the reply, or with the entry; empty if nothing is. */
  private static String judge(
      BadCase bad, RawClient.Reply reply, Iterator<FakeSpool.Entry> appended) throws Exception {
    if (bad.outcome() instanceof Refused refused) {
      return judge(refused, reply);
    }
    List<OtlpRow> rows = ((Stored) bad.outcome()).rows();
    long tables = rows.stream().map(OtlpRow::table).distinct().count();
    String expected =
        "{\"status\":\"buffered\",\"rows\":" + rows.size() + ",\"batches\":" + tables + "}";
    if (reply.status() != 202 || !reply.text().equals(expected)) {
      return "expected 202 " + expected + ", got " + reply.status() + " " + reply.text();
    }
    if (rows.isEmpty()) {
      return "";
    }
    if (!appended.hasNext()) {
      return "no entry in the spool";
    }
    FakeSpool.Entry entry = appended.next();
    if (!Arrays.equals(bad.body(), entry.payload()) || entry.meta().rows() != rows.size()) {
      return "the spool has other bytes than those that were sent, or " + entry.meta();
    }
    BUILT.rows().clear();
    byte[] decoded = bad.decoded();
    PARSER.parse(bad.signal(), bad.format(), decoded, 0, decoded.length, BUILT);
    return rows.equals(BUILT.rows()) ? "" : "expected rows\n" + rows + "\ngot\n" + BUILT.rows();
  }

  private static String judge(Refused expected, RawClient.Reply reply) throws IOException {
    JsonNode body = JSON.readTree(reply.body());
    List<String> keys = new ArrayList<>();
    body.fieldNames().forEachRemaining(keys::add);
    String message = body.path("message").asText();
    boolean isRight =
        reply.status() == expected.status()
            && keys.equals(List.of("error", "message"))
            && body.get("error").textValue().equals(expected.code())
            && expected.place().isNamedBy(message)
            && message.length() < MAX_MESSAGE;
    return isRight ? "" : "expected " + expected + ", got " + reply.status() + " " + reply.text();
  }
}
