package io.duckspool.writer.servers;

import io.duckspool.common.net.FreePort;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * Apache Iceberg's REST catalog on a loopback port, in a process of its own: its tables in SQLite,
 * their files in a bucket of an {@link S3Server}. It ends with this JVM, however that ends. Used by
 * one thread.
 *
 * <p>A transaction over several tables is checked whole, and then applied table by table.
 */
public final class IcebergRestServer implements AutoCloseable {

  private static final long LIMIT_SECONDS = 60;

  private final Path folder;
  private final Map<String, String> properties;
  private Process process;
  private final int port = FreePort.take();

  private IcebergRestServer(Path folder, Map<String, String> properties) {
    this.folder = folder;
    this.properties = properties;
  }

  /**
   * Starts a catalog.
   *
   * @param folder for its database and its log
   * @param bucket of the store, which must be there
   */
  public static IcebergRestServer start(Path folder, S3Server store, String bucket)
      throws IOException {
    return start(folder, store, bucket, Map.of());
  }

  /**
   * Starts a catalog with more properties, such as {@code include-credentials} and {@code
   * s3.session-token}, with which it vends its own keys.
   */
  public static IcebergRestServer start(
      Path folder, S3Server store, String bucket, Map<String, String> more) throws IOException {
    Files.createDirectories(folder);
    Map<String, String> properties = new TreeMap<>();
    properties.put("uri", "jdbc:sqlite:" + folder.resolve("catalog.db"));
    properties.put("warehouse", "s3://" + bucket + "/warehouse");
    properties.put("io-impl", "org.apache.iceberg.aws.s3.S3FileIO");
    properties.put("http-client.type", "urlconnection");
    properties.put("s3.endpoint", store.uri().toString());
    properties.put("s3.path-style-access", "true");
    properties.put("s3.access-key-id", S3Server.KEY_ID);
    properties.put("s3.secret-access-key", S3Server.SECRET);
    properties.put("client.region", S3Server.REGION);
    properties.putAll(more);
    IcebergRestServer server = new IcebergRestServer(folder, properties);
    server.up();
    return server;
  }

  /** Starts it, on the port of before. */
  public void up() throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // Without kept connections: the store closes idle ones, and the client of the fixture tries a
    // PUT on each of them in turn, then answers 500.
    command.add("-Dhttp.keepAlive=false");
    command.addAll(List.of("-Xmx256m", "-XX:TieredStopAtLevel=1", "-cp", classPath()));
    command.add("io.duckspool.fixtures.IcebergRest");
    command.add("port=" + port);
    properties.forEach((key, value) -> command.add(key + "=" + value));
    process =
        new ProcessBuilder(command)
            .redirectError(ProcessBuilder.Redirect.appendTo(log().toFile()))
            .start();
    BufferedReader out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    String line = out.readLine();
    if (line == null || !line.startsWith("port=")) {
      process.destroyForcibly();
      throw new AssertionError(
          "the Iceberg REST catalog does not start: " + line + "\n" + Files.readString(log()));
    }
  }

  /** Ends it at once; what it has committed stays. */
  public void down() {
    process.destroyForcibly();
    try {
      if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
        throw new AssertionError("the Iceberg REST catalog does not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  public boolean isUp() {
    return process.isAlive();
  }

  public int port() {
    return port;
  }

  /** As ATTACH and other clients have it. */
  public String endpoint() {
    return "http://127.0.0.1:" + port;
  }

  @Override
  public void close() {
    down();
  }

  private Path log() {
    return folder.resolve("log");
  }

  /**
   * What {@code deploy/bin/install-iceberg-rest} builds: property {@code duckspool.iceberg.rest},
   * else {@code target/iceberg-rest} of the project.
   */
  private static String classPath() {
    String given = System.getProperty("duckspool.iceberg.rest");
    Path installed =
        given == null
            ? DuckDbExtensions.projectRoot().resolve("target/iceberg-rest")
            : Path.of(given);
    Path jars = installed.toAbsolutePath().resolve("lib");
    if (!Files.isDirectory(jars)) {
      throw new AssertionError(
          "no Iceberg REST catalog in "
              + jars
              + ": run deploy/bin/install-iceberg-rest target/iceberg-rest, or deploy/bin/test-all");
    }
    return jars + "/*";
  }
}
