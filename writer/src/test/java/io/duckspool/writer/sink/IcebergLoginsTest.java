package io.duckspool.writer.sink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.duckspool.common.config.CatalogConfig;
import io.duckspool.common.config.CatalogConfig.AccessDelegation;
import io.duckspool.common.config.CatalogConfig.Authorization;
import io.duckspool.common.config.Secret;
import io.duckspool.common.config.SecretConfig;
import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.common.otlp.SampleRows;
import io.duckspool.writer.batch.Batch;
import io.duckspool.writer.batch.BatchMemory;
import io.duckspool.writer.batch.SealedBatch;
import io.duckspool.writer.servers.AwsSignature;
import io.duckspool.writer.servers.DuckDbExtensions;
import io.duckspool.writer.servers.HttpProxy;
import io.duckspool.writer.servers.HttpProxy.Answer;
import io.duckspool.writer.servers.HttpProxy.Request;
import io.duckspool.writer.servers.IcebergRestServer;
import io.duckspool.writer.servers.S3Server;
import io.duckspool.writer.servers.TokenServer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a writer proves who it is with, to a catalog that lets nobody else in: as an Iceberg REST
 * catalog with OAuth2, as Amazon S3 Tables and as Cloudflare's R2 Data Catalog want it.
 */
final class IcebergLoginsTest {

  private static final String BUCKET = "lake";
  private static S3Server store;
  private static IcebergRestServer catalog;

  @TempDir Path folder;
  private final BatchMemory memory = new BatchMemory(256 << 20, 64 << 20);
  private HttpProxy gate;

  @BeforeAll
  static void start(@TempDir Path servers) throws Exception {
    store = S3Server.start(servers.resolve("s3"));
    store.createBucket(BUCKET);
    catalog = IcebergRestServer.start(servers.resolve("rest"), store, BUCKET);
  }

  @AfterAll
  static void stop() throws Exception {
    catalog.close();
    store.close();
  }

  @BeforeEach
  void open() throws Exception {
    gate = HttpProxy.to(catalog.endpoint());
  }

  @AfterEach
  void close() {
    gate.close();
    memory.close();
  }

  @Test
  void oauth2_tradesTheLoginForAToken() throws Exception {
    try (TokenServer tokens = TokenServer.start("duckspool", "hush & more")) {
      gate.follow(tokens.guard());
      SecretConfig login =
          new SecretConfig.Iceberg(
              Optional.of(new Secret("duckspool")),
              Optional.of(new Secret("hush & more")),
              Optional.of(tokens.uri()),
              Optional.empty(),
              Optional.empty());
      CatalogConfig config = catalog(Authorization.OAUTH2, AccessDelegation.NONE, Map.of());
      assertStores("oauth", config, Map.of("login", login, "store", storeSecret()));
      assertTrue(tokens.issuedCount() > 0);
    }
  }

  @Test
  void oauth2_withAWrongLogin_isLetInNowhere() throws Exception {
    try (TokenServer tokens = TokenServer.start("duckspool", "hush")) {
      gate.follow(tokens.guard());
      SecretConfig login =
          new SecretConfig.Iceberg(
              Optional.of(new Secret("duckspool")),
              Optional.of(new Secret("wrong")),
              Optional.of(tokens.uri()),
              Optional.empty(),
              Optional.empty());
      CatalogConfig config = catalog(Authorization.OAUTH2, AccessDelegation.NONE, Map.of());
      SinkException e =
          assertThrows(
              SinkException.class,
              () -> assertStores("wrong", config, Map.of("login", login, "store", storeSecret())));
      assertTrue(e.reason().contains("does not take the login"), e.reason());
      assertEquals(0, tokens.issuedCount());
    }
  }

  /** As R2 Data Catalog: a fixed token, and the keys of the storage from the catalog. */
  @Test
  void bearer_sendsItsToken_andTakesTheKeysOfTheStoreFromTheCatalog() throws Exception {
    gate.follow(
        (request, upstream) ->
            "Bearer t0ken".equals(request.headers().get("authorization"))
                ? withKeys(upstream.send(request))
                : new Answer(401, "{}"));
    SecretConfig login =
        new SecretConfig.Iceberg(
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.of(new Secret("t0ken")));
    CatalogConfig config =
        catalog(Authorization.BEARER, AccessDelegation.VENDED_CREDENTIALS, Map.of());
    assertStores("bearer", config, Map.of("login", login));
    assertTrue(
        gate.seen().stream()
            .anyMatch(
                request ->
                    "vended-credentials"
                        .equals(request.headers().get("x-iceberg-access-delegation"))),
        "the keys were never asked for");
  }

  /** As S3 Tables, but for the host, which DuckDB would make of the region. */
  @Test
  void sigv4_signsEachRequest_withTheKeysForTheServiceAndRegion() throws Exception {
    AwsSignature expected = new AwsSignature("AKIDEXAMPLE", "eu-central-1", "s3tables", true);
    letIn(request -> expected.equals(AwsSignature.of(request, "wJalrXUtnFEMI/K7MDENG")));
    SecretConfig keys =
        new SecretConfig.S3(
            SecretConfig.Provider.CONFIG,
            Optional.of(new Secret("AKIDEXAMPLE")),
            Optional.of(new Secret("wJalrXUtnFEMI/K7MDENG")),
            Optional.empty(),
            Optional.of("eu-central-1"),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.of("s3://other/"));
    CatalogConfig config =
        catalog(
            Authorization.SIGV4,
            AccessDelegation.NONE,
            Map.of("sigv4_service", "s3tables", "sigv4_region", "eu-central-1"));
    assertStores("signed", config, Map.of("login", keys, "store", storeSecret()));
    assertTrue(gate.seen().stream().anyMatch(request -> request.method().equals("POST")));
  }

  /** All others get a 401. */
  private void letIn(Predicate<Request> known) {
    gate.follow(
        (request, upstream) ->
            known.test(request) ? upstream.send(request) : new Answer(401, "{}"));
  }

  /** An answer that has a table's metadata, with what its files are reached by. */
  private static Answer withKeys(Answer answer) throws IOException {
    ObjectMapper json = new ObjectMapper();
    if (!answer.body().startsWith("{")
        || !(json.readTree(answer.body()) instanceof ObjectNode table)
        || !table.has("metadata")) {
      return answer;
    }
    table
        .putObject("config")
        .put("s3.access-key-id", S3Server.KEY_ID)
        .put("s3.secret-access-key", S3Server.SECRET)
        .put("s3.endpoint", store.uri().toString())
        .put("s3.path-style-access", "true")
        .put("s3.region", S3Server.REGION);
    return new Answer(answer.status(), table.toString());
  }

  private void assertStores(String schema, CatalogConfig config, Map<String, SecretConfig> secrets)
      throws Exception {
    DuckDbSettings settings =
        new DuckDbSettings(
            Optional.of(folder.resolve("otlp.duckdb")),
            512L << 20,
            2,
            folder.resolve("tmp"),
            Optional.of(DuckDbExtensions.folder()),
            false,
            Optional.empty(),
            new Declared(Map.of("ice", config), secrets));
    try (DuckDbDatabase database =
            DuckDbDatabase.open(settings, InstantSource.fixed(SinkContract.NOW), System::nanoTime);
        Sink sink = database.sink(new Target("ice", schema, true, false, Optional.empty()));
        Batch batch = memory.openBatch()) {
      sink.prepare(SinkContract.first());
      batch.add(1, visitor -> SampleRows.write(OtlpTable.LOGS, 0, 3, visitor));
      try (SealedBatch sealed = batch.seal()) {
        sink.commit(sealed, SinkContract.move(0, 1));
      }
      assertEquals(
          List.of("[3]"),
          DuckDbRows.query(
              database,
              "SELECT count(*) FROM (FROM ice." + schema + ".otlp_logs WHERE random() < 2)"));
    }
  }

  private CatalogConfig catalog(
      Authorization authorization, AccessDelegation delegation, Map<String, String> options) {
    return new CatalogConfig.Iceberg(
        gate.endpoint(),
        Optional.of("otel"),
        authorization,
        delegation,
        Optional.of("login"),
        options);
  }

  private static SecretConfig storeSecret() {
    return new SecretConfig.S3(
        SecretConfig.Provider.CONFIG,
        Optional.of(new Secret(S3Server.KEY_ID)),
        Optional.of(new Secret(S3Server.SECRET)),
        Optional.empty(),
        Optional.of(S3Server.REGION),
        Optional.of(store.endpoint()),
        Optional.of("path"),
        Optional.of(false),
        Optional.of("s3://" + BUCKET + "/"));
  }
}
