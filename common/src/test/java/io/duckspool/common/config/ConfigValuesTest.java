package io.duckspool.common.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.config.ConfigLoader.Role;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every key came to, and where that stands. */
final class ConfigValuesTest {

  private static final Machine MACHINE = new Machine(1L << 30, 9L << 30, 2);

  @TempDir Path folder;

  private static Optional<AdminApi.ConfigValue> find(
      List<AdminApi.ConfigValue> values, String key) {
    return values.stream().filter(value -> value.key().equals(key)).findFirst();
  }

  private static AdminApi.ConfigValue value(String key, String value, String origin) {
    return new AdminApi.ConfigValue(key, value, origin);
  }

  private static ConfigLoader loader(Role role) {
    return new ConfigLoader(role).machine(MACHINE);
  }

  @Test
  void everyLayer_isNamed() throws Exception {
    Path file =
        Files.writeString(
            folder.resolve("duckspool.yaml"),
            "data: /d\nspool:\n  segment_bytes: 1048576\nlog: {level: DEBUG}\nwriter: {provenance: false}\n");
    List<AdminApi.ConfigValue> values =
        loader(Role.RECEIVER)
            .file(file)
            .environment(Map.of("DUCKSPOOL_LOG_LEVEL", "trace"))
            .flag("data", "/x/../flag", "--data")
            .loadWithOrigins()
            .values();

    for (AdminApi.ConfigValue expected :
        List.of(
            value("data", "/flag", "flag --data"),
            value("log.level", "trace", "environment DUCKSPOOL_LOG_LEVEL"),
            value("spool.segment_bytes", "1MiB", "file " + file + ":3"),
            value("writer.provenance", "false", "file " + file + ":5"),
            value("duckdb.database", "/flag/otlp.duckdb", "default"),
            value("duckdb.threads", "2", "default"),
            value("control.token_file", "/flag/control.token", "default"),
            value("receiver.control", "127.0.0.1:4319", "default"),
            value("receiver.body_timeout", "30s", "default"),
            value("receiver.max_connections", "10000", "default"),
            value("receiver.max_in_flight_bytes", "256MiB", "default"),
            value("spool.sync", "group", "default"),
            value("spool.disk_reserve", "1GiB", "default"))) {
      assertEquals(Optional.of(expected), find(values, expected.key()));
    }
    assertEquals(
        values.stream().map(AdminApi.ConfigValue::key).sorted().toList(),
        values.stream().map(AdminApi.ConfigValue::key).toList());
  }

  @Test
  void everyKeyWithoutWildcards_isThere_unlessOnlyTheOtherProcessKnows() throws Exception {
    Map<Role, List<String>> unknown =
        Map.of(
            Role.RECEIVER, List.of("writer.max_batch_bytes", "duckdb.memory_limit"),
            Role.WRITER, List.of("receiver.max_in_flight_bytes"));
    for (Role role : unknown.keySet()) {
      List<AdminApi.ConfigValue> values = loader(role).loadWithOrigins().values();
      List<String> missing =
          ConfigKeys.all().stream()
              .map(ConfigKey::name)
              .filter(name -> !name.contains("*") && find(values, name).isEmpty())
              .toList();
      assertEquals(unknown.get(role), missing);
      List<AdminApi.ConfigValue> given =
          loader(role)
              .flag("duckdb.memory_limit", "400MiB", "--m")
              .flag("receiver.max_in_flight_bytes", "32MiB", "--f")
              .loadWithOrigins()
              .values();
      assertEquals(
          Optional.of(value("writer.max_batch_bytes", "100MiB", "default")),
          find(given, "writer.max_batch_bytes"));
      assertEquals(
          Optional.of(value("receiver.max_in_flight_bytes", "32MiB", "flag --f")),
          find(given, "receiver.max_in_flight_bytes"));
    }
  }

  @Test
  void secrets_areMasked_andTheirFilesNamed() throws Exception {
    Path token = Files.writeString(folder.resolve("token"), "hidden-in-a-file");
    Path file =
        Files.writeString(
            folder.resolve("duckspool.yaml"),
            """
            servers:
            - token_file: %s
            - {uri: 'otlp:localhost:1', token: hidden-in-the-yaml, promote_scope_attributes: 'a, b'}
            duckdb: {init_sql: "CREATE SECRET hidden"}
            secrets:
              pg: {type: postgres, password: hidden, port: 5432}
            catalogs:
              lake: {type: ducklake, metadata: 'postgres:', secret: pg, options: {ENCRYPTION_KEY: hidden, READ_ONLY: 'true'}}
            """
                .formatted(token));
    ConfigLoader.Loaded loaded = loader(Role.WRITER).file(file).loadWithOrigins();
    List<AdminApi.ConfigValue> values = loaded.values();
    for (AdminApi.ConfigValue expected :
        List.of(
            value("servers[0].token", "***", "file " + file + ":2"),
            value("servers[0].token_file", token.toString(), "file " + file + ":2"),
            value("servers[1].token", "***", "file " + file + ":3"),
            value("servers[1].promote_scope_attributes", "a,b", "file " + file + ":3"),
            value("servers[1].seal_max_age_ms", "5000", "default"),
            value("servers[1].maintenance_retention_ms", null, "default"),
            value("duckdb.init_sql", "***", "file " + file + ":4"),
            value("secrets.pg.password", "***", "file " + file + ":6"),
            value("secrets.pg.port", "5432", "file " + file + ":6"),
            value("catalogs.lake.metadata", "postgres:", "file " + file + ":8"),
            value("catalogs.lake.options.ENCRYPTION_KEY", "***", "file " + file + ":8"),
            value("catalogs.lake.options.READ_ONLY", "true", "file " + file + ":8"))) {
      assertEquals(Optional.of(expected), find(values, expected.key()));
    }
    assertFalse(values.toString().contains("hidden"), values.toString());
    assertEquals("CREATE SECRET hidden", loaded.config().duckdb().initSql().orElseThrow());
  }
}
