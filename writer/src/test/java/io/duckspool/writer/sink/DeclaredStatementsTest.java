package io.duckspool.writer.sink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.config.CatalogConfig;
import io.duckspool.common.config.CatalogConfig.AccessDelegation;
import io.duckspool.common.config.CatalogConfig.Authorization;
import io.duckspool.common.config.ConfigLoader;
import io.duckspool.common.config.DuckspoolConfig;
import io.duckspool.common.config.Recipe;
import io.duckspool.common.config.Secret;
import io.duckspool.common.config.SecretConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The SQL that declared catalogs and secrets are rendered to. */
final class DeclaredStatementsTest {

  @TempDir Path folder;

  private static final SecretConfig.S3 CHAIN =
      new SecretConfig.S3(
          SecretConfig.Provider.CREDENTIAL_CHAIN,
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.of("eu-central-1"),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty());

  private static final SecretConfig.S3 KEYS =
      new SecretConfig.S3(
          SecretConfig.Provider.CONFIG,
          secret("key"),
          secret("it's"),
          secret("session"),
          Optional.of("auto"),
          Optional.of("localhost:9000"),
          Optional.of("path"),
          Optional.of(false),
          Optional.of("s3://bucket/"));

  private static final SecretConfig.Postgres POSTGRES =
      new SecretConfig.Postgres(
          Optional.of("db"), Optional.of(5432), Optional.of("lake"), Optional.of("u"), secret("p"));

  private static final SecretConfig.Iceberg LOGIN =
      new SecretConfig.Iceberg(
          secret("id"),
          secret("hush"),
          Optional.of("https://idp/token"),
          Optional.of("PRINCIPAL_ROLE:ALL"),
          Optional.empty());

  private static final SecretConfig.Iceberg TOKEN =
      new SecretConfig.Iceberg(
          Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), secret("t"));

  @Test
  void secrets() {
    assertEquals(
        "CREATE OR REPLACE SECRET \"store\" (TYPE s3, PROVIDER config, KEY_ID 'key', SECRET"
            + " 'it''s', SESSION_TOKEN 'session', REGION 'auto', ENDPOINT 'localhost:9000',"
            + " URL_STYLE 'path', USE_SSL false, SCOPE 's3://bucket/')",
        SecretStatements.create("store", KEYS));
    assertEquals(
        "CREATE OR REPLACE SECRET \"aws\" (TYPE s3, PROVIDER credential_chain, REFRESH auto,"
            + " REGION 'eu-central-1')",
        SecretStatements.create("aws", CHAIN));
    assertEquals(
        "CREATE OR REPLACE SECRET \"pg\" (TYPE postgres, HOST 'db', PORT 5432, DATABASE 'lake',"
            + " USER 'u', PASSWORD 'p')",
        SecretStatements.create("pg", POSTGRES));
    assertEquals(
        "CREATE OR REPLACE SECRET \"login\" (TYPE iceberg, CLIENT_ID 'id', CLIENT_SECRET 'hush',"
            + " OAUTH2_SERVER_URI 'https://idp/token', OAUTH2_SCOPE 'PRINCIPAL_ROLE:ALL')",
        SecretStatements.create("login", LOGIN));
    assertEquals(
        "CREATE OR REPLACE SECRET \"login\" (TYPE iceberg, TOKEN 't')",
        SecretStatements.create("login", TOKEN));
  }

  @Test
  void files() {
    CatalogConfig file = new CatalogConfig.DuckDb(Path.of("/d/it's.duckdb"), Map.of());
    assertEquals(
        "ATTACH '/d/it''s.duckdb' AS \"other\"", AttachStatements.attach("other", file, false));
    assertEquals(
        "ATTACH '/d/it''s.duckdb' AS \"other\" (READ_ONLY)",
        AttachStatements.attach("other", file, true));
    CatalogConfig options =
        new CatalogConfig.DuckDb(
            Path.of("/d/a.duckdb"), Map.of("read_only", "false", "Block_Size", "16384"));
    assertEquals(
        "ATTACH '/d/a.duckdb' AS \"other\" (\"BLOCK_SIZE\" '16384', \"READ_ONLY\" 'false')",
        AttachStatements.attach("other", options, true));
  }

  @Test
  void lakes() {
    assertEquals(
        "ATTACH 'ducklake:/d/m.ducklake' AS \"lake\"",
        AttachStatements.attach("lake", lake("/d/m.ducklake", Optional.empty()), false));
    assertEquals(
        "ATTACH 'ducklake:sqlite:/d/m.sqlite' AS \"lake\" (\"DATA_PATH\" 's3://b/l', READ_ONLY)",
        AttachStatements.attach("lake", lake("sqlite:/d/m.sqlite", Optional.of("s3://b/l")), true));
    assertEquals(
        "ATTACH 'ducklake:sqlite:/d/m.sqlite' AS \"lake\" (\"META_JOURNAL_MODE\" 'WAL')",
        AttachStatements.attach("lake", lake("sqlite:/d/m.sqlite", Optional.empty()), false));
    assertEquals(
        "ATTACH 'ducklake:postgres:connect_timeout=10 keepalives_idle=30 keepalives_interval=10"
            + " keepalives_count=3 tcp_user_timeout=30000 options=''-c lock_timeout=30000"
            + " -c idle_in_transaction_session_timeout=600000''' AS \"lake\""
            + " (\"DATA_PATH\" '/d/l', \"ENCRYPTED\" 'true', \"META_SECRET\" 'pg')",
        AttachStatements.attach(
            "lake",
            new CatalogConfig.DuckLake(
                "postgres:", Optional.of("/d/l"), Optional.of("pg"), Map.of("encrypted", "true")),
            false));
  }

  @Test
  void aLake_isLookedFor_beforeItIsMade() {
    assertEquals(
        "ATTACH 'ducklake:/d/m.ducklake' AS \"lake\" (\"CREATE_IF_NOT_EXISTS\" 'false')",
        AttachStatements.attachPresent("lake", lake("/d/m.ducklake", Optional.empty())));
  }

  @Test
  void icebergCatalogs() {
    assertEquals(
        "ATTACH '' AS \"ice\" (\"ACCESS_DELEGATION_MODE\" 'none', \"AUTHORIZATION_TYPE\" 'none',"
            + " \"ENDPOINT\" 'http://localhost:8181', \"REMOVE_FILES_ON_DELETE\" 'false', TYPE"
            + " iceberg)",
        AttachStatements.attach(
            "ice", iceberg(Authorization.NONE, AccessDelegation.NONE, Optional.empty()), false));
    assertEquals(
        "ATTACH '' AS \"ice\" (\"ACCESS_DELEGATION_MODE\" 'vended_credentials',"
            + " \"AUTHORIZATION_TYPE\" 'oauth2', \"ENDPOINT\" 'http://localhost:8181',"
            + " \"REMOVE_FILES_ON_DELETE\" 'false', \"SECRET\" 'login', TYPE iceberg)",
        AttachStatements.attach(
            "ice",
            iceberg(
                Authorization.BEARER, AccessDelegation.VENDED_CREDENTIALS, Optional.of("login")),
            false));
  }

  @Test
  void icebergCatalogsOfVendors() {
    String arn = "arn:aws:s3tables:eu-central-1:123456789012:bucket/otel";
    assertEquals(
        "ATTACH '"
            + arn
            + "' AS \"tables\" (\"ACCESS_DELEGATION_MODE\" 'none', \"ENDPOINT_TYPE\" 's3_tables',"
            + " \"REMOVE_FILES_ON_DELETE\" 'false', \"SECRET\" 'aws', TYPE iceberg)",
        AttachStatements.attach(
            "tables",
            signed("https://s3tables.eu-central-1.amazonaws.com/iceberg", arn, Map.of()),
            false));
    assertEquals(
        "ATTACH '123456789012' AS \"glue\" (\"ACCESS_DELEGATION_MODE\" 'none', \"ENDPOINT_TYPE\""
            + " 'glue', \"REMOVE_FILES_ON_DELETE\" 'false', \"SECRET\" 'aws', TYPE iceberg)",
        AttachStatements.attach(
            "glue",
            signed("https://glue.eu-central-1.amazonaws.com/iceberg", "123456789012", Map.of()),
            false));
    assertEquals(
        "ATTACH 'w' AS \"own\" (\"ACCESS_DELEGATION_MODE\" 'none', \"AUTHORIZATION_TYPE\" 'sigv4',"
            + " \"ENDPOINT\" 'https://vpce.example.com/iceberg', \"REMOVE_FILES_ON_DELETE\" 'false',"
            + " \"SECRET\" 'aws', \"SIGV4_REGION\" 'eu-central-1', \"SIGV4_SERVICE\" 's3tables',"
            + " TYPE iceberg)",
        AttachStatements.attach(
            "own",
            signed(
                "https://vpce.example.com/iceberg",
                "w",
                Map.of("sigv4_region", "eu-central-1", "sigv4_service", "s3tables")),
            false));
    assertEquals(
        "ATTACH 'acc_bucket' AS \"r2\" (\"ACCESS_DELEGATION_MODE\" 'vended_credentials',"
            + " \"AUTHORIZATION_TYPE\" 'oauth2', \"ENDPOINT\""
            + " 'https://catalog.cloudflarestorage.com/acc/bucket', \"REMOVE_FILES_ON_DELETE\" 'false',"
            + " \"SECRET\" 'r2', TYPE iceberg)",
        AttachStatements.attach(
            "r2",
            new CatalogConfig.Iceberg(
                "https://catalog.cloudflarestorage.com/acc/bucket",
                Optional.of("acc_bucket"),
                Authorization.BEARER,
                AccessDelegation.VENDED_CREDENTIALS,
                Optional.of("r2"),
                Map.of()),
            false));
  }

  /** What the recipes that no test runs against their vendor come to. */
  @Test
  void theRecipesOfTheManual_forVendors() throws Exception {
    assertRendered(
        "Amazon S3 Tables",
        "tables",
        "CREATE OR REPLACE SECRET \"aws\" (TYPE s3, PROVIDER credential_chain, REFRESH auto,"
            + " REGION 'eu-central-1')",
        "ATTACH 'arn:aws:s3tables:eu-central-1:123456789012:bucket/otel' AS \"tables\""
            + " (\"ACCESS_DELEGATION_MODE\" 'none', \"ENDPOINT_TYPE\" 's3_tables',"
            + " \"REMOVE_FILES_ON_DELETE\" 'false', \"SECRET\" 'aws', TYPE iceberg)");
    assertRendered(
        "Cloudflare R2 Data Catalog",
        "r2",
        "CREATE OR REPLACE SECRET \"r2\" (TYPE iceberg, TOKEN 't0ken')",
        "ATTACH '<account id>_<bucket>' AS \"r2\" (\"ACCESS_DELEGATION_MODE\""
            + " 'vended_credentials', \"AUTHORIZATION_TYPE\" 'oauth2', \"ENDPOINT\""
            + " 'https://catalog.cloudflarestorage.com/<account id>/<bucket>',"
            + " \"REMOVE_FILES_ON_DELETE\" 'false', \"SECRET\" 'r2', TYPE iceberg)");
  }

  private void assertRendered(String heading, String catalog, String secret, String attach)
      throws Exception {
    Path page =
        Path.of(System.getProperty("basedir", ""))
            .toAbsolutePath()
            .resolveSibling("docs/targets/iceberg.md");
    Recipe recipe =
        Recipe.of(page).stream().filter(r -> r.heading().equals(heading)).findFirst().orElseThrow();
    if (recipe.yaml().contains("/run/secrets/r2")) {
      Path file = Files.writeString(folder.resolve("r2"), "t0ken");
      recipe = recipe.with("/run/secrets/r2", file.toString());
    }
    Path file = Files.writeString(folder.resolve("duckspool.yaml"), recipe.yaml());
    DuckspoolConfig config = new ConfigLoader(ConfigLoader.Role.WRITER).file(file).load();
    Map.Entry<String, SecretConfig> declared = config.secrets().entrySet().iterator().next();
    assertEquals(secret, SecretStatements.create(declared.getKey(), declared.getValue()));
    assertEquals(
        attach, AttachStatements.attach(catalog, config.catalog(catalog).orElseThrow(), false));
  }

  @Test
  void aLoginWithoutAServerForTokens_asksTheCatalog() {
    SecretConfig.Iceberg login =
        new SecretConfig.Iceberg(
            secret("id"), secret("hush"), Optional.empty(), Optional.empty(), Optional.empty());
    assertEquals(
        "CREATE OR REPLACE SECRET \"login\" (TYPE iceberg, CLIENT_ID 'id', CLIENT_SECRET 'hush',"
            + " OAUTH2_SERVER_URI 'https://polaris/api/catalog/v1/oauth/tokens')",
        SecretStatements.create("login", login, "https://polaris/api/catalog/"));
    assertEquals(
        SecretStatements.create("login", LOGIN),
        SecretStatements.create("login", LOGIN, "https://polaris/api/catalog"));
  }

  @Test
  void optionsThatWouldLoseRows_areRefusedForATarget() throws Exception {
    AttachStatements.requireFitForTarget(
        "ice", signed("e", "w", Map.of("REMOVE_FILES_ON_DELETE", "FALSE")));
    for (Map<String, String> options :
        List.of(
            Map.of("remove_files_on_delete", "true"), Map.of("Max_Table_Staleness", "1 minute"))) {
      SinkException e =
          assertThrows(
              SinkException.Refused.class,
              () -> AttachStatements.requireFitForTarget("ice", signed("e", "w", options)));
      assertTrue(e.reason().startsWith("catalog ice: option "), e.reason());
    }
    SinkException e =
        assertThrows(
            SinkException.Refused.class,
            () ->
                AttachStatements.requireFitForTarget(
                    "ice", signed("e", "w", Map.of("read_only", "true"))));
    assertEquals("catalog ice is attached read-only, a target must be writable", e.reason());
  }

  private static CatalogConfig.Iceberg signed(
      String endpoint, String warehouse, Map<String, String> options) {
    return new CatalogConfig.Iceberg(
        endpoint,
        Optional.of(warehouse),
        Authorization.SIGV4,
        AccessDelegation.NONE,
        Optional.of("aws"),
        options);
  }

  private static CatalogConfig.DuckLake lake(String metadata, Optional<String> dataPath) {
    return new CatalogConfig.DuckLake(metadata, dataPath, Optional.empty(), Map.of());
  }

  private static CatalogConfig iceberg(
      Authorization authorization, AccessDelegation delegation, Optional<String> secret) {
    return new CatalogConfig.Iceberg(
        "http://localhost:8181", Optional.empty(), authorization, delegation, secret, Map.of());
  }

  private static Optional<Secret> secret(String text) {
    return Optional.of(new Secret(text));
  }
}
