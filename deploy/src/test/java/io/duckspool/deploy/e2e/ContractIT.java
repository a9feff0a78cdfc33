package io.duckspool.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.duckspool.common.config.ServerParameters;
import io.duckspool.common.otlp.PromotedKeys;
import io.duckspool.deploy.harness.Rig;
import io.duckspool.writer.servers.DuckDbExtensions;
import io.duckspool.writer.sink.Ddl;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * Walks the tables of the contract's chapters on lifecycle functions, listen URIs and HTTP ingest,
 * row by row, against two real processes that are started once.
 *
 * <p>Rows that need a fault, a clock or another target have their tests elsewhere:
 *
 * <ul>
 *   <li>500 {@code internal_error}, the disk guard, a poisoned spool: {@code BackpressureTest}; the
 *       latter two with real disks: {@code DiskFullIT}, {@code SyncErrorIT}
 *   <li>of several errors the first, 503 before 408 among them: {@code HttpErrorsTest}; 408 after
 *       {@code receiver.body_timeout}: {@code BodyLimitsTest}
 *   <li>the other reasons of {@code /readyz}: {@code ReadinessTest}
 *   <li>seals of {@code replay}: {@code ReplayTest}; failed ones: {@code PipelineTest}
 *   <li>{@code timeout_ms} by default: of a stop {@code ControlPortTest}, of a flush {@code
 *       FlushStopTest}
 *   <li>{@code seal_max_age_ms} by default on Iceberg: {@code ServerParametersTest}
 * </ul>
 */
@Tag("e2e")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class ContractIT {

  private Rig rig;
  private LimitRows limits;

  @BeforeAll
  void start(@TempDir Path folder) throws Exception {
    rig =
        Rig.in(folder)
            .leaveOut("seal_max_age_ms")
            .set("receiver.max_in_flight_bytes", Integer.toString(LimitRows.MAX_IN_FLIGHT_BYTES))
            .set("receiver.max_request_rows", Integer.toString(LimitRows.MAX_REQUEST_ROWS))
            .set("receiver.max_expanded_bytes", Integer.toString(LimitRows.MAX_EXPANDED_BYTES))
            .set("receiver.body_timeout", LimitRows.BODY_TIMEOUT.toSeconds() + "s");
    Files.createDirectories(rig.data());
    makeTables(rig.data().resolve("otlp.duckdb"));
    Path frozen = folder.resolve("frozen.duckdb");
    DriverManager.getConnection("jdbc:duckdb:" + frozen).close();
    environment("DUCKSPOOL_CATALOGS_FROZEN_TYPE", "duckdb");
    environment("DUCKSPOOL_CATALOGS_FROZEN_PATH", frozen.toString());
    environment("DUCKSPOOL_CATALOGS_FROZEN_OPTIONS_READ_ONLY", "true");
    environment("DUCKSPOOL_CATALOGS_LAKE_TYPE", "ducklake");
    environment("DUCKSPOOL_CATALOGS_LAKE_METADATA", folder.resolve("lake.ducklake").toString());
    environment("DUCKSPOOL_CATALOGS_LAKE_DATA_PATH", folder.resolve("lake").toString());
    environment("DUCKSPOOL_DUCKDB_EXTENSION_DIRECTORY", DuckDbExtensions.folder().toString());
    rig.start();
    limits = new LimitRows(rig);
  }

  private void environment(String name, String value) {
    rig.receiverEnvironment(name, value).writerEnvironment(name, value);
  }

  /** Schemas whose tables somebody else made: right ones, wrong ones, and not all of them. */
  private static void makeTables(Path database) throws Exception {
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:" + database);
        Statement statement = connection.createStatement()) {
      for (String sql : ddl("whole")) {
        statement.execute(sql);
      }
      for (String sql :
          Ddl.statements("", "promoted", true, new PromotedKeys(List.of("a.b"), List.of()))) {
        statement.execute(sql);
      }
      for (String sql : ddl("lacking")) {
        if (!sql.contains("otlp_metrics_summary")) {
          statement.execute(sql);
        }
      }
      for (String sql : ddl("odd")) {
        statement.execute(sql);
      }
      statement.execute("ALTER TABLE odd.otlp_logs ALTER body TYPE INTEGER");
      statement.execute("ALTER TABLE odd.otlp_traces DROP trace_id");
      statement.execute("DROP TABLE odd.duckspool_seals");
      for (String sql : ddl("odd")) {
        statement.execute(sql.replaceFirst("\\(", "(\"more\" INTEGER NOT NULL,"));
      }
      statement.execute("ALTER TABLE whole.otlp_logs ADD COLUMN more INTEGER");
    }
  }

  private static List<String> ddl(String schema) {
    return Ddl.statements("", schema, true, new PromotedKeys(List.of(), List.of()));
  }

  @AfterAll
  void stop() {
    rig.close();
  }

  @Order(1)
  @TestFactory
  Stream<DynamicNode> theParametersOfServe() throws IOException {
    return new ServeRows(rig).tests();
  }

  @Order(2)
  @TestFactory
  Stream<DynamicNode> theRowsOfIngest() throws IOException {
    return new IngestRows(rig).tests();
  }

  @Order(3)
  @TestFactory
  Stream<DynamicNode> theLimitsAndResponseModes() throws IOException {
    return limits.tests();
  }

  @Order(4)
  @TestFactory
  Stream<DynamicNode> flushAndStop() {
    return new LifecycleRows(rig).tests();
  }

  @Order(5)
  @TestFactory
  Stream<DynamicNode> theLists() {
    return new ListRows(rig).tests();
  }

  @Order(6)
  @TestFactory
  Stream<DynamicNode> theFormsOfListenUris() {
    return new UriRows(rig).tests();
  }

  @Order(7)
  @TestFactory
  Stream<DynamicNode> theLimitsInTime() {
    return limits.lateTests();
  }

  @Order(8)
  @TestFactory
  Stream<DynamicNode> theCallsWithoutTheWriter() throws IOException {
    return new LifecycleRows(rig).testsWithoutTheWriter();
  }

  /** What each parameter needs of rows, by its bounds in {@code docs/openapi.yaml}. */
  @Test
  void everyParameter_hasItsRows() throws IOException {
    OpenApiDocument document = OpenApiDocument.read();
    List<String> names = ServerParameters.names();
    assertEquals(names, document.keys("ServeRequest"));
    Map<String, Set<ServeRows.Kind>> kinds = new TreeMap<>();
    Stream.concat(ServeRows.refused().stream(), ServeRows.accepted().stream())
        .forEach(
            row ->
                kinds
                    .computeIfAbsent(row.parameter(), any -> EnumSet.noneOf(ServeRows.Kind.class))
                    .add(row.kind()));
    assertEquals(new TreeSet<>(names), kinds.keySet());
    for (String name : names) {
      JsonNode property = document.property("ServeRequest", name);
      Set<ServeRows.Kind> needed = EnumSet.of(ServeRows.Kind.AT, ServeRows.Kind.TYPE);
      if (property.has("minimum") || property.has("minLength")) {
        needed.add(ServeRows.Kind.UNDER);
      }
      if (property.has("maximum")) {
        needed.add(ServeRows.Kind.OVER);
      }
      assertTrue(kinds.get(name).containsAll(needed), name + " has " + kinds.get(name));
    }
    Set<String> withDefault = new TreeSet<>(ServeRows.defaults().keySet());
    withDefault.add("uri");
    assertEquals(new TreeSet<>(names), withDefault);
  }

  @Test
  void everyReplyKey_hasItsType() throws IOException {
    Map<String, String> served = new LinkedHashMap<>();
    ServeRows.REPLY.forEach(key -> served.put(key, "string"));
    Map<String, Map<String, String>> replies =
        Map.of(
            "Served", served,
            "Flushed", LifecycleRows.FLUSHED,
            "Stopped", LifecycleRows.STOPPED,
            "ServerRow", ListRows.SERVER_ROW,
            "SealRow", ListRows.SEAL_ROW);
    OpenApiDocument document = OpenApiDocument.read();
    replies.forEach(
        (schema, types) -> {
          assertEquals(List.copyOf(types.keySet()), document.keys(schema));
          types.forEach(
              (key, type) ->
                  assertEquals(
                      type.endsWith("?")
                          ? "[\"" + type.replace("?", "") + "\",\"null\"]"
                          : "\"" + type + "\"",
                      document.property(schema, key).get("type").toString(),
                      schema + "." + key));
        });
    assertEquals(
        "[\"size\",\"age\",\"flush\",\"stop\",\"replay\"]",
        document.property("SealRow", "trigger").get("enum").toString());
    assertEquals(
        "[\"committed\",\"failed\"]",
        document.property("SealRow", "status").get("enum").toString());
  }
}
