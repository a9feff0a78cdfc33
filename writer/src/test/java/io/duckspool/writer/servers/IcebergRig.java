package io.duckspool.writer.servers;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.duckspool.common.config.CatalogConfig;
import io.duckspool.common.config.SecretConfig;
import io.duckspool.writer.sink.Declared;
import io.duckspool.writer.sink.DuckDbSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * An Iceberg catalog with its store, and a proxy between it and the writer: for many tests, each in
 * a schema of its own, one after the other. Closed by whoever started it.
 */
public final class IcebergRig implements AutoCloseable {

  /** The name that the catalog is attached under. */
  public static final String CATALOG = "ice";

  public static final String BUCKET = "lake";

  private final S3Server store;
  private final IcebergRestServer server;
  private final HttpProxy proxy;
  private final AtomicInteger schemas = new AtomicInteger();

  private IcebergRig(S3Server store, IcebergRestServer server, HttpProxy proxy) {
    this.store = store;
    this.server = server;
    this.proxy = proxy;
  }

  /**
   * The one that all tests of this JVM share: a test leaves it running and its proxy passing all
   * on. It ends with the JVM.
   */
  public static IcebergRig shared() {
    return Shared.RIG;
  }

  /** Started when it is first asked for. */
  private static final class Shared {

    private static final IcebergRig RIG = open();

    private static IcebergRig open() {
      try {
        Path memory = Path.of("/dev/shm"); // Its database syncs at each commit.
        Path folder =
            Files.isWritable(memory)
                ? Files.createTempDirectory(memory, "duckspool-iceberg-")
                : Files.createTempDirectory("duckspool-iceberg-");
        IcebergRig rig = start(folder);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> end(rig, folder)));
        return rig;
      } catch (Exception e) {
        throw new IllegalStateException("the Iceberg catalog does not start", e);
      }
    }

    private static void end(IcebergRig rig, Path folder) {
      try {
        rig.close();
        try (Stream<Path> all = Files.walk(folder)) {
          for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
            Files.delete(path);
          }
        }
      } catch (Exception e) {
        throw new IllegalStateException(folder + " stays", e);
      }
    }
  }

  /** Starts them all. */
  public static IcebergRig start(Path folder) throws Exception {
    S3Server store = S3Server.start(folder.resolve("s3"));
    store.createBucket(BUCKET);
    IcebergRestServer server = IcebergRestServer.start(folder.resolve("rest"), store, BUCKET);
    return new IcebergRig(store, server, HttpProxy.to(server.endpoint()));
  }

  public S3Server store() {
    return store;
  }

  public IcebergRestServer server() {
    return server;
  }

  public HttpProxy proxy() {
    return proxy;
  }

  /** A name that no other test has. */
  public String newSchema() {
    return "otel" + schemas.incrementAndGet();
  }

  /** A DuckDB file with the catalog attached, as a writer opens it. */
  public DuckDbSettings settings(Path folder) {
    return settings(folder, Map.of(), Optional.empty());
  }

  /**
   * The same with more options of ATTACH.
   *
   * @param options such as {@code disable_multi_table_commit}
   * @param initSql run at opening
   */
  public DuckDbSettings settings(
      Path folder, Map<String, String> options, Optional<String> initSql) {
    return settings(folder, proxy.endpoint(), store.secret(), options, initSql);
  }

  /**
   * The same for a process that doesn't have the rig.
   *
   * @param endpoint of the catalog
   */
  public static DuckDbSettings settings(
      Path folder,
      String endpoint,
      SecretConfig.S3 store,
      Map<String, String> options,
      Optional<String> initSql) {
    CatalogConfig catalog =
        new CatalogConfig.Iceberg(
            endpoint,
            Optional.empty(),
            CatalogConfig.Authorization.NONE,
            CatalogConfig.AccessDelegation.NONE,
            Optional.empty(),
            options);
    return new DuckDbSettings(
        Optional.of(folder.resolve("otlp.duckdb")),
        512L << 20,
        2,
        folder.resolve("tmp"),
        Optional.of(DuckDbExtensions.folder()),
        false,
        initSql,
        new Declared(Map.of(CATALOG, catalog), Map.of("store", store)));
  }

  /** The properties of a table, as the catalog has them. */
  public Map<String, String> properties(String schema, String table) throws IOException {
    HttpProxy.Answer answer =
        proxy.send(
            new HttpProxy.Request(
                "GET", "/v1/namespaces/" + schema + "/tables/" + table, Map.of(), ""));
    Map<String, String> properties = new TreeMap<>();
    new ObjectMapper()
        .readTree(answer.body())
        .path("metadata")
        .path("properties")
        .fields()
        .forEachRemaining(entry -> properties.put(entry.getKey(), entry.getValue().asText()));
    return properties;
  }

  /** The configuration of the catalog and of its store, as variables of the environment. */
  public Map<String, String> environment() {
    Map<String, String> variables = new TreeMap<>();
    variables.put("DUCKSPOOL_CATALOGS_ICE_TYPE", "iceberg");
    variables.put("DUCKSPOOL_CATALOGS_ICE_ENDPOINT", proxy.endpoint());
    store
        .secretKeys()
        .forEach((key, value) -> variables.put("DUCKSPOOL_SECRETS_STORE_" + upper(key), value));
    variables.put("DUCKSPOOL_DUCKDB_EXTENSION_DIRECTORY", DuckDbExtensions.folder().toString());
    return variables;
  }

  private static String upper(String key) {
    return key.toUpperCase(Locale.ROOT);
  }

  /** Another process's view of the catalog, a schema's tables by their plain names. */
  public Connection open(String schema) throws SQLException {
    Connection connection =
        DriverManager.getConnection("jdbc:duckdb:", DuckDbExtensions.properties());
    try (Statement statement = connection.createStatement()) {
      for (String extension : List.of("avro", "httpfs", "iceberg")) {
        statement.execute("LOAD " + extension);
      }
      statement.execute(store.createSecretSql("store"));
      statement.execute(
          "ATTACH '' AS ice (TYPE iceberg, ENDPOINT '"
              + server.endpoint()
              + "', AUTHORIZATION_TYPE 'none', ACCESS_DELEGATION_MODE 'none')");
      statement.execute("USE ice." + schema);
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  @Override
  public void close() throws Exception {
    proxy.close();
    server.close();
    store.close();
  }
}
