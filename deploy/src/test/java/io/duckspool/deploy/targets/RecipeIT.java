package io.duckspool.deploy.targets;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.config.ConfigLoader;
import io.duckspool.common.config.Recipe;
import io.duckspool.common.config.ServerConfig;
import io.duckspool.common.net.FreePort;
import io.duckspool.deploy.harness.Distribution;
import io.duckspool.writer.servers.HttpProxy;
import io.duckspool.writer.servers.IcebergRestServer;
import io.duckspool.writer.servers.PostgresServer;
import io.duckspool.writer.servers.S3Server;
import io.duckspool.writer.servers.TokenServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Each recipe of docs/targets, taken from its page, in both its forms; only hosts, ports, folders
 * and credentials are those of the servers here.
 */
@Tag("targets")
final class RecipeIT {
  private static final Set<String> NOT_RUN =
      Set.of("iceberg.md, Amazon S3 Tables", "iceberg.md, Cloudflare R2 Data Catalog");
  private static final String LOGIN_SECRET = "the secret of the login";

  @TempDir static Path folder;
  private static S3Server store;
  private static PostgresServer postgres;
  private static IcebergRestServer catalog;
  private static HttpProxy gate;
  private static TokenServer tokens;

  /** The two ways to say one thing. */
  private enum Form {
    FILE,
    VARIABLES
  }

  /**
   * A recipe for the servers here.
   *
   * @param hasLanded whether something is where the recipe says
   */
  private record Prepared(Recipe recipe, Callable<Boolean> hasLanded) {}

  @BeforeAll
  static void startServers() throws Exception {
    store = S3Server.start(folder.resolve("s3"));
    postgres = PostgresServer.start();
    postgres.sql("postgres", "CREATE ROLE duckspool LOGIN");
    store.createBucket("warehouse");
    catalog = IcebergRestServer.start(folder.resolve("rest"), store, "warehouse");
    tokens = TokenServer.start("duckspool", LOGIN_SECRET);
    gate = HttpProxy.to(catalog.endpoint());
    gate.follow(tokens.guard());
  }

  @AfterAll
  static void stopServers() throws Exception {
    gate.close();
    tokens.close();
    catalog.close();
    postgres.close();
    store.close();
  }

  @TestFactory
  Stream<DynamicTest> eachRecipe_inBothForms_storesWhatIsSent() throws IOException {
    Path pages = Distribution.module().resolveSibling("docs/targets");
    return Recipe.in(pages).stream()
        .filter(recipe -> !NOT_RUN.contains(recipe.toString()))
        .flatMap(
            recipe ->
                Stream.of(Form.values())
                    .map(
                        form ->
                            DynamicTest.dynamicTest(
                                recipe + ", by " + form, () -> assertStores(recipe, form))));
  }

  private static void assertStores(Recipe recipe, Form form) throws Exception {
    Path home = Files.createTempDirectory(folder, form.name().toLowerCase());
    Prepared prepared = prepare(recipe, home);
    Recipe here = prepared.recipe();
    List<String> flags = List.of();
    Map<String, String> variables = here.variables();
    if (form == Form.FILE) {
      Path file = Files.writeString(home.resolve("recipe.yaml"), here.yaml());
      flags = List.of("--config", file.toString());
      variables = Map.of();
    }
    ServerConfig server =
        new ConfigLoader(ConfigLoader.Role.TOOL)
            .environment(here.variables())
            .load()
            .servers()
            .get(0);
    String text = "recipe " + home.getFileName();
    try (UpInFolder up = UpInFolder.start(home, flags, variables)) {
      up.send(text);
      up.run("flush", server.uri());
      String schema = server.catalog().map(catalog -> catalog + ".").orElse("") + server.schema();
      String rows =
          up.run(
              "sql",
              "--csv",
              "SELECT body, service_name FROM "
                  + schema
                  + ".otlp_logs WHERE body = '"
                  + text
                  + "'");
      assertEquals(List.of("body,service_name", text + ",unknown"), rows.lines().toList());
      assertTrue(prepared.hasLanded().call(), "it is elsewhere");
      up.stop();
    }
  }

  /** Puts the servers of this test into a recipe; one that is unknown here fails. */
  private static Prepared prepare(Recipe recipe, Path home) throws Exception {
    Recipe on = recipe.with("localhost:4318", "localhost:" + FreePort.take());
    String bucket = home.getFileName().toString().toLowerCase().replaceAll("[^a-z0-9]", "");
    return switch (recipe.toString()) {
      case "duckdb.md, The default database" ->
          new Prepared(on.with("/srv/duckspool", home.toString()), file(home, "otlp.duckdb"));
      case "duckdb.md, Another file" ->
          new Prepared(on.with("/srv/duckspool", home.toString()), file(home, "other.duckdb"));
      case "ducklake.md, On this machine" ->
          new Prepared(on, file(home, "data/lake/main/otlp_logs"));
      case "ducklake.md, On PostgreSQL and S3" -> {
        postgres.createDatabase("lake");
        postgres.sql("postgres", "ALTER DATABASE lake OWNER TO duckspool");
        Recipe withMetadata =
            withFile(on, home, "/run/secrets/pg", "any: the server trusts its users")
                .with("db.internal", postgres.host())
                .with("5432", Integer.toString(postgres.port()));
        yield new Prepared(withStore(withMetadata, home, bucket), objects(bucket, "otel/otel/"));
      }
      case "iceberg.md, An Iceberg REST catalog" -> {
        Recipe withCatalog =
            withFile(on, home, "/run/secrets/catalog", LOGIN_SECRET)
                .with("https://catalog.internal/iceberg", gate.endpoint())
                .with("https://idp.internal/token", tokens.uri());
        yield new Prepared(
            withStore(withCatalog, home, "warehouse"), objects("warehouse", "warehouse/otel/"));
      }
      case "parquet.md, In a folder" ->
          new Prepared(
              on.with("/srv/otlp", home.resolve("otlp").toString()), file(home, "otlp/otlp_logs"));
      case "parquet.md, In S3" ->
          new Prepared(withStore(on, home, bucket), objects(bucket, "otlp/otlp_logs/"));
      default -> throw new AssertionError("a recipe that is not run: " + recipe);
    };
  }

  /** The store here; another one than Amazon's has to be named, as the pages say. */
  private static Recipe withStore(Recipe recipe, Path home, String bucket) throws IOException {
    if (!bucket.equals("warehouse")) {
      store.createBucket(bucket);
    }
    Recipe withKeys = withFile(recipe, home, "/run/secrets/key", S3Server.KEY_ID);
    return withFile(withKeys, home, "/run/secrets/secret", S3Server.SECRET)
        .with("s3://bucket", "s3://" + bucket)
        .withSecretKey("store", "endpoint", store.endpoint())
        .withSecretKey("store", "url_style", "path")
        .withSecretKey("store", "use_ssl", "false");
  }

  private static Recipe withFile(Recipe recipe, Path home, String name, String content)
      throws IOException {
    Path file = Files.writeString(home.resolve(Path.of(name).getFileName()), content + "\n");
    return recipe.with(name, file.toString());
  }

  private static Callable<Boolean> file(Path home, String name) {
    return () -> Files.exists(home.resolve(name));
  }

  private static Callable<Boolean> objects(String bucket, String prefix) {
    return () -> !store.keys(bucket, prefix).isEmpty();
  }
}
