package io.duckspool.writer.servers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.writer.servers.HttpProxy.Answer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The catalog and the proxy in front of it do what the tests on them need. */
final class IcebergRestServerTest {

  @TempDir Path folder;
  private S3Server store;
  private IcebergRestServer server;
  private HttpProxy proxy;

  @BeforeEach
  void start() throws Exception {
    store = S3Server.start(folder.resolve("s3"));
    store.createBucket("lake");
    server = IcebergRestServer.start(folder.resolve("rest"), store, "lake");
    proxy = HttpProxy.to(server.endpoint());
  }

  @AfterEach
  void close() throws Exception {
    proxy.close();
    server.close();
    store.close();
  }

  @Test
  void tables_outliveTheServer_andTheirFilesAreInTheStore() throws Exception {
    try (Connection duckDb = attach()) {
      execute(duckDb, "CREATE SCHEMA ice.otel");
      execute(duckDb, "CREATE TABLE ice.otel.t (a BIGINT)");
      execute(duckDb, "INSERT INTO ice.otel.t VALUES (7)");
    }
    server.down();
    assertThrows(SQLException.class, this::attach);
    server.up();
    try (Connection duckDb = attach()) {
      assertEquals(7, number(duckDb, "SELECT a FROM ice.otel.t"));
    }
    assertTrue(store.keys("lake", "warehouse/").stream().anyMatch(key -> key.endsWith(".parquet")));
  }

  @Test
  void theProxy_cutsRepliesOfRequestsThatWereApplied_andAnswersByItself() throws Exception {
    try (Connection duckDb = attach()) {
      execute(duckDb, "SET http_retries = 0");
      execute(duckDb, "CREATE SCHEMA ice.otel");
      execute(duckDb, "CREATE TABLE ice.otel.t (a BIGINT)");
      proxy.follow(
          (request, upstream) -> {
            Answer answer = upstream.send(request);
            return request.isPost("/v1/transactions/commit") ? Answer.CUT : answer;
          });
      assertThrows(SQLException.class, () -> execute(duckDb, "INSERT INTO ice.otel.t VALUES (1)"));
      proxy.follow(
          (request, upstream) ->
              request.isPost("/v1/transactions/commit")
                  ? new Answer(503, "{}")
                  : upstream.send(request));
      assertThrows(SQLException.class, () -> execute(duckDb, "INSERT INTO ice.otel.t VALUES (2)"));
      proxy.follow(HttpProxy.Script.PASS);
      assertEquals(1, number(duckDb, "SELECT sum(a) FROM ice.otel.t"));
    }
    List<String> commits =
        proxy.seen().stream()
            .filter(request -> request.isPost("/v1/transactions/commit"))
            .map(HttpProxy.Request::body)
            .toList();
    assertEquals(2, commits.size());
    assertTrue(commits.get(0).contains("assert-ref-snapshot-id"), commits.get(0));
  }

  private Connection attach() throws SQLException {
    Connection duckDb = DriverManager.getConnection("jdbc:duckdb:", DuckDbExtensions.properties());
    try {
      for (String extension : List.of("avro", "httpfs", "iceberg")) {
        execute(duckDb, "LOAD " + extension);
      }
      execute(duckDb, store.createSecretSql("store"));
      execute(
          duckDb,
          "ATTACH '' AS ice (TYPE iceberg, ENDPOINT '"
              + proxy.endpoint()
              + "', AUTHORIZATION_TYPE 'none', ACCESS_DELEGATION_MODE 'none',"
              + " REMOVE_FILES_ON_DELETE false)");
      return duckDb;
    } catch (SQLException e) {
      duckDb.close();
      throw e;
    }
  }

  private static void execute(Connection duckDb, String sql) throws SQLException {
    try (Statement statement = duckDb.createStatement()) {
      statement.execute(sql);
    }
  }

  private static long number(Connection duckDb, String sql) throws SQLException {
    try (Statement statement = duckDb.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    }
  }
}
