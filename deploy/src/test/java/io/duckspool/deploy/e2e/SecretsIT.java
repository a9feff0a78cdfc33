package io.duckspool.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.net.FreePort;
import io.duckspool.deploy.harness.DuckspoolProcess;
import io.duckspool.deploy.harness.RefusingIndex;
import io.duckspool.deploy.harness.Rig;
import io.duckspool.deploy.harness.Shell;
import io.duckspool.writer.servers.DuckDbExtensions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Both processes, through successes and failures, at log level debug and started with a umask of
 * 000: where their secrets can be seen, who may read their files, and whether they follow links.
 */
@Tag("e2e")
final class SecretsIT {
  private static final String JSON = "Content-Type: application/json";

  /** Where a token is kept, and nothing else is. */
  private static final Set<String> KEEPERS = Set.of("control.token", "token", "server.json");

  @TempDir Path folder;

  private final Map<String, String> secrets = new TreeMap<>();
  private final Map<String, String> seen = new LinkedHashMap<>();
  private int replies;

  @Test
  void noSecret_isSeenOutsideOfItsFile_andNobodyElseMayReadAnything() throws Exception {
    try (Rig rig = rig()) {
      rig.start();
      rig.awaitWriter();
      secrets.put("control", Files.readString(rig.data().resolve("control.token")).strip());
      use(rig);
      look(rig);
      // Ends with the writer stopped; the next start of it reads all anew.
      new RefusingIndex(rig).quarantine(1);
      rig.startWriter();
      rig.awaitCommitted();
      look(rig);
      assertPermissions(rig.data());
      rig.stop();
      assertPermissions(rig.data());
      for (String name : List.of("receiver.log", "writer.log")) {
        look(name, Files.readString(folder.resolve(name)));
      }
      files(rig.data());
      assertNothingShown();
      assertNoLinkIsFollowed(rig);
    }
  }

  private Rig rig() throws IOException {
    Rig rig = Rig.in(folder).umask("000").set("log.level", "debug");
    rig.leaveOut("token").server("token_file", secretFile("server"));
    Map<String, String> variables = new TreeMap<>();
    variables.put("DUCKSPOOL_DUCKDB_EXTENSION_DIRECTORY", DuckDbExtensions.folder().toString());
    variables.put("DUCKSPOOL_SECRETS_STORE_TYPE", "s3");
    variables.put("DUCKSPOOL_SECRETS_STORE_KEY_ID_FILE", secretFile("keyid"));
    variables.put("DUCKSPOOL_SECRETS_STORE_SECRET_FILE", secretFile("key"));
    variables.put("DUCKSPOOL_SECRETS_STORE_ENDPOINT", "127.0.0.1:" + FreePort.take());
    variables.put("DUCKSPOOL_SECRETS_STORE_USE_SSL", "false");
    variables.put("DUCKSPOOL_SECRETS_META_TYPE", "postgres");
    variables.put("DUCKSPOOL_SECRETS_META_HOST", "127.0.0.1");
    variables.put("DUCKSPOOL_SECRETS_META_PORT", "" + FreePort.take());
    variables.put("DUCKSPOOL_SECRETS_META_DATABASE", "lake");
    variables.put("DUCKSPOOL_SECRETS_META_USER", "someone");
    variables.put("DUCKSPOOL_SECRETS_META_PASSWORD_FILE", secretFile("password"));
    variables.put("DUCKSPOOL_CATALOGS_LAKE_TYPE", "ducklake");
    variables.put("DUCKSPOOL_CATALOGS_LAKE_METADATA", "postgres:");
    variables.put("DUCKSPOOL_CATALOGS_LAKE_SECRET", "meta");
    variables.put("DUCKSPOOL_CATALOGS_LAKE_DATA_PATH", "s3://bucket/lake");
    variables.put("DUCKSPOOL_SECRETS_LOGIN_TYPE", "iceberg");
    variables.put("DUCKSPOOL_SECRETS_LOGIN_TOKEN_FILE", secretFile("bearer"));
    variables.put("DUCKSPOOL_CATALOGS_ICE_TYPE", "iceberg");
    variables.put("DUCKSPOOL_CATALOGS_ICE_ENDPOINT", "http://127.0.0.1:" + FreePort.take());
    variables.put("DUCKSPOOL_CATALOGS_ICE_WAREHOUSE", "w");
    variables.put("DUCKSPOOL_CATALOGS_ICE_AUTHORIZATION", "bearer");
    variables.put("DUCKSPOOL_CATALOGS_ICE_SECRET", "login");
    variables.forEach(rig::receiverEnvironment);
    variables.forEach(rig::writerEnvironment);
    return rig;
  }

  /** The server's is the one that the rig sends. */
  private String secretFile(String name) throws IOException {
    String secret = name.equals("server") ? Rig.TOKEN : "5ec2e7" + name + "5ec2e7";
    secrets.put(name, secret);
    Path file = folder.resolve(name + ".secret");
    Files.writeString(file, secret + "\n");
    return file.toString();
  }

  private void use(Rig rig) throws Exception {
    String wrong = "5ec2e7wrong5ec2e7";
    secrets.put("a wrong token", wrong);
    assertTrue(rig.isAccepted("one"));
    String right = "x-api-key: " + Rig.TOKEN;
    keep(401, Wire.send(rig.port(), "POST /v1/logs", List.of(JSON, "x-api-key: " + wrong), "{}"));
    keep(404, Wire.send(rig.port(), "POST /v1/log", List.of(right), "{}"));
    keep(415, Wire.send(rig.port(), "POST /v1/logs", List.of(right), "{}"));
    keep(400, Wire.send(rig.port(), "POST /v1/logs", List.of(JSON, right), "{"));
    String bearer = "Authorization: Bearer " + wrong;
    Wire wire = new Wire(rig);
    for (int port : List.of(rig.receiverControlPort(), rig.writerControlPort())) {
      keep(401, Wire.send(port, "GET /admin/config", List.of(bearer), ""));
      keep(200, wire.get(port, "/admin/config"));
      keep(200, wire.get(port, "/metrics"));
      keep(200, wire.get(port, "/readyz"));
    }
    keep(200, wire.get("/admin/otlp_server_list"));
    keep(200, wire.get("/admin/otlp_seal_list"));
    keep(200, wire.get(rig.writerControlPort(), "/admin/pipelines"));
    keep(200, wire.post("/admin/otlp_flush", Wire.body("otlp:127.0.0.1:" + rig.port(), "")));
    // Targets that are away, a token that is too short, a wrong name beside a token.
    keep(503, serve(wire, "\"schema\":\"files\",\"parquet_export_path\":\"s3://bucket/files\""));
    keep(503, serve(wire, "\"catalog\":\"lake\""));
    keep(503, serve(wire, "\"catalog\":\"ice\""));
    secrets.put("a short token", "5ec2e7short");
    keep(400, serve(wire, "\"token\":\"5ec2e7short\""));
    keep(400, serve(wire, "\"schema\":\"\",\"token\":\"" + wrong + "\""));
    for (String sql :
        List.of(
            "SELECT * FROM duckdb_secrets()",
            "SELECT getenv('DUCKSPOOL_SECRETS_STORE_KEY_ID_FILE')",
            "FROM '" + rig.data().resolve("control.token") + "'",
            "SELECT * FROM lake.main.otlp_logs",
            "SELEC")) {
      String call = "{\"sql\":\"" + sql + "\"}";
      keep(400, wire.post(rig.writerControlPort(), "/admin/sql", call));
    }
    rig.awaitCommitted();
  }

  private static Wire.Reply serve(Wire wire, String parameters) throws IOException {
    String uri = "otlp:127.0.0.1:" + FreePort.take();
    return wire.post("/admin/otlp_serve", Wire.body(uri, parameters));
  }

  private void keep(int status, Wire.Reply reply) {
    assertEquals(status, reply.status(), reply::toString);
    seen.put("reply " + ++replies, reply.headers() + " " + reply.body());
  }

  private void look(String where, String text) {
    seen.merge(where, text, String::concat);
  }

  /** Command lines, variables, and names of threads. */
  private void look(Rig rig) throws IOException {
    for (long pid : List.of(rig.receiver().pid(), rig.writer().pid())) {
      List<Long> all = new ArrayList<>(List.of(pid));
      ProcessHandle.of(pid).orElseThrow().descendants().forEach(child -> all.add(child.pid()));
      for (long one : all) {
        Path proc = Path.of("/proc/" + one);
        look(
            "command line", Files.readString(proc.resolve("cmdline"), StandardCharsets.ISO_8859_1));
        look("environment", Files.readString(proc.resolve("environ"), StandardCharsets.ISO_8859_1));
      }
      look("threads", Shell.outcome(List.of("jstack", "" + pid), Map.of()).output());
    }
  }

  private void files(Path data) throws IOException {
    try (Stream<Path> files = Files.walk(data)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        if (!KEEPERS.contains(file.getFileName().toString()) && Files.size(file) < 64 << 20) {
          look(
              "file " + data.relativize(file), Files.readString(file, StandardCharsets.ISO_8859_1));
        }
      }
    }
  }

  private void assertNothingShown() {
    List<String> shown = new ArrayList<>();
    seen.forEach(
        (where, text) ->
            secrets.forEach(
                (name, secret) -> {
                  int at = text.indexOf(secret);
                  if (at >= 0) {
                    shown.add(
                        name
                            + " in "
                            + where
                            + ": "
                            + text.substring(
                                Math.max(0, at - 200), Math.min(text.length(), at + 100)));
                  }
                }));
    assertEquals(List.of(), shown);
  }

  private static void assertPermissions(Path data) throws IOException {
    List<String> open = new ArrayList<>();
    try (Stream<Path> all = Files.walk(data)) {
      for (Path path : all.toList()) {
        boolean isFolder = Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS);
        String permissions = PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
        if (!permissions.equals(isFolder ? "rwx------" : "rw-------")) {
          open.add(permissions + " " + data.relativize(path));
        }
      }
    } catch (java.io.UncheckedIOException e) {
      // A file that went while it was looked at.
      throw new AssertionError(e);
    }
    assertEquals(List.of(), open);
  }

  /** Where files and folders of the data folder are links; the folder itself may be one. */
  private void assertNoLinkIsFollowed(Rig rig) throws IOException {
    Path server = rig.serverFolder();
    for (Path own :
        List.of(
            rig.data().resolve("receiver.lock"),
            server.resolve("committed.ckpt"),
            server.resolve("server.json"),
            server.resolve("quarantine"),
            server.resolve("spool"))) {
      Path elsewhere = Files.move(own, folder.resolve("elsewhere"));
      Files.createSymbolicLink(own, elsewhere);
      rig.startReceiver();
      rig.startWriter();
      for (DuckspoolProcess process : List.of(rig.receiver(), rig.writer())) {
        assertEquals(1, process.awaitExit(Rig.LIMIT), process::logTail);
        String said = own + " is a symbolic link";
        assertTrue(process.output().contains(said), process::logTail);
      }
      Files.delete(own);
      Files.move(elsewhere, own);
    }
    Path real = Files.move(rig.data(), folder.resolve("real"));
    Files.createSymbolicLink(rig.data(), real);
    rig.start();
    rig.awaitCommitted();
    Wire wire = new Wire(rig);
    int port = FreePort.take();
    Path link = rig.data().resolve("servers/127.0.0.1_" + port);
    Files.createSymbolicLink(link, Files.createDirectory(folder.resolve("elsewhere")));
    Wire.Reply refused = wire.post("/admin/otlp_serve", Wire.body("otlp:127.0.0.1:" + port, ""));
    assertTrue(refused.error().matches("503 .* is a symbolic link.*"), refused::error);
    assertTrue(Files.isSymbolicLink(link));
    rig.stop();
  }
}
