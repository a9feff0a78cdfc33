package io.duckspool.common.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.config.ConfigLoader.Role;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ConfigLoaderTest {
  private static final long GIB = 1L << 30;
  private static final Machine MACHINE = new Machine(GIB, 9 * GIB, 2);

  @TempDir Path folder;

  @Test
  void withoutAnything_theDefaultsOfTheManualHold() throws Exception {
    DuckspoolConfig config = loader(Role.RECEIVER).load();

    Path data = Path.of("data").toAbsolutePath();
    assertEquals(
        new DuckspoolConfig(
            data,
            new ReceiverConfig(
                new HostPort("127.0.0.1", 4319),
                DataSize.ofMebibytes(256),
                1_000_000,
                DataSize.ofGibibytes(1),
                Duration.ofSeconds(30),
                10_000),
            new WriterConfig(
                new HostPort("127.0.0.1", 4320),
                DataSize.ofGibibytes(1),
                500_000,
                Optional.empty()),
            new ControlConfig(data.resolve("control.token"), false),
            new SpoolConfig(
                SpoolConfig.Sync.GROUP,
                DataSize.ofMebibytes(512),
                Duration.ofMinutes(1),
                DataSize.ofGibibytes(1)),
            new DuckDbConfig(
                data.resolve("otlp.duckdb").toString(),
                data.resolve("extensions"),
                true,
                DataSize.ofGibibytes(4),
                2,
                data.resolve("tmp"),
                Optional.empty()),
            List.of(),
            Map.of(),
            Map.of(),
            new LogConfig(LogConfig.Format.TEXT, LogConfig.Level.INFO)),
        config);
  }

  @Test
  void aServerWithoutParameters_hasTheDefaultsOfTheManual() throws Exception {
    DuckspoolConfig config = loader(Role.RECEIVER).file(yaml("servers:\n- schema: main\n")).load();

    assertEquals(
        List.of(
            new ServerConfig(
                "otlp:localhost:4318",
                Optional.empty(),
                "main",
                Optional.empty(),
                false,
                Optional.empty(),
                true,
                false,
                DataSize.ofMebibytes(16),
                8,
                Optional.empty(),
                DataSize.ofMebibytes(64),
                Duration.ofSeconds(5),
                DataSize.ofMebibytes(256),
                Optional.empty(),
                List.of(),
                List.of(),
                ServerConfig.ResponseMode.BUFFERED)),
        config.servers());
  }

  /** A value other than the default for each key, as the file and as the environment write it. */
  private static Map<String, String> otherValues(Path folder) throws IOException {
    Path token = Files.writeString(folder.resolve("token"), "0123456789abcdef\n");
    Path password = Files.writeString(folder.resolve("password"), "from-a-file");
    Map<String, String> values = new HashMap<>();
    values.put("data", folder + "/d");
    values.put("receiver.control", "localhost:5319");
    values.put("receiver.max_in_flight_bytes", "128MiB");
    values.put("receiver.max_request_rows", "7");
    values.put("receiver.max_expanded_bytes", "2GiB");
    values.put("receiver.body_timeout", "250ms");
    values.put("receiver.max_connections", "77");
    values.put("writer.control", "10.0.0.1:5320");
    values.put("writer.max_batch_bytes", "300MiB");
    values.put("writer.max_batch_rows", "8");
    values.put("writer.provenance", "false");
    values.put("control.token_file", folder + "/ct");
    values.put("control.allow_other_hostname", "true");
    values.put("spool.sync", "os");
    values.put("spool.segment_bytes", "1MiB");
    values.put("spool.segment_age", "5m");
    values.put("spool.disk_reserve", "64MiB");
    values.put("duckdb.database", ":memory:");
    values.put("duckdb.extension_directory", folder + "/e");
    values.put("duckdb.install_extensions", "false");
    values.put("duckdb.memory_limit", "512MiB");
    values.put("duckdb.threads", "3");
    values.put("duckdb.temp_directory", folder + "/t");
    values.put("duckdb.init_sql", "SET x = 1");
    values.put("log.format", "json");
    values.put("log.level", "debug");
    values.put("servers[0].uri", "otlp:0.0.0.0:9");
    values.put("servers[0].catalog", "lake");
    values.put("servers[0].schema", "telemetry");
    values.put("servers[0].disable_auth", "true");
    values.put("servers[0].create_tables", "false");
    values.put("servers[0].allow_other_hostname", "true");
    values.put("servers[0].max_body_bytes", "1MiB");
    values.put("servers[0].http_threads", "5");
    values.put("servers[0].max_buffered_bytes", "2MiB");
    values.put("servers[0].seal_target_bytes", "3MiB");
    values.put("servers[0].seal_max_age_ms", "200");
    values.put("servers[0].target_file_size", "4MiB");
    values.put("servers[0].maintenance_retention_ms", "1000");
    values.put("servers[0].promote_resource_attributes", "host.name, region");
    values.put("servers[0].promote_scope_attributes", "lib");
    values.put("servers[0].response_mode", "otlp");
    values.put("servers[1].token_file", token.toString());
    values.put("servers[1].parquet_export_path", "s3://bucket/otlp");
    values.put("catalogs.other.type", "duckdb");
    values.put("catalogs.other.path", folder + "/o.duckdb");
    values.put("catalogs.lake.type", "ducklake");
    values.put("catalogs.lake.metadata", "postgres:");
    values.put("catalogs.lake.data_path", "s3://bucket/lake");
    values.put("catalogs.lake.secret", "pg");
    values.put("catalogs.lake.options.encrypted", "true");
    values.put("catalogs.ice.type", "iceberg");
    values.put("catalogs.ice.endpoint", "http://localhost:1");
    values.put("catalogs.ice.warehouse", "w");
    values.put("catalogs.ice.authorization", "oauth2");
    values.put("catalogs.ice.access_delegation", "vended_credentials");
    values.put("catalogs.ice.secret", "login");
    values.put("secrets.bucket.type", "s3");
    values.put("secrets.bucket.provider", "credential_chain");
    values.put("secrets.bucket.key_id", "k");
    values.put("secrets.bucket.secret", "s");
    values.put("secrets.bucket.session_token", "t");
    values.put("secrets.bucket.region", "r");
    values.put("secrets.bucket.endpoint", "localhost:9000");
    values.put("secrets.bucket.url_style", "path");
    values.put("secrets.bucket.use_ssl", "false");
    values.put("secrets.bucket.scope", "s3://bucket/");
    values.put("secrets.pg.type", "postgres");
    values.put("secrets.pg.host", "h");
    values.put("secrets.pg.port", "5432");
    values.put("secrets.pg.database", "d");
    values.put("secrets.pg.user", "u");
    values.put("secrets.pg.password_file", password.toString());
    values.put("secrets.login.type", "iceberg");
    values.put("secrets.login.client_id", "c");
    values.put("secrets.login.client_secret", "cs");
    values.put("secrets.login.oauth2_server_uri", "http://localhost:2");
    values.put("secrets.login.oauth2_scope", "os");
    values.put("secrets.login.token", "lt");
    return values;
  }

  private DuckspoolConfig expectedOfOtherValues() {
    Path f = folder;
    ServerConfig second =
        new ServerConfig(
            "otlp:localhost:4318",
            Optional.empty(),
            "main",
            Optional.of(new Secret("0123456789abcdef")),
            false,
            Optional.of("s3://bucket/otlp"),
            true,
            false,
            DataSize.ofMebibytes(16),
            8,
            Optional.empty(),
            DataSize.ofMebibytes(64),
            Duration.ofSeconds(5),
            DataSize.ofMebibytes(256),
            Optional.empty(),
            List.of(),
            List.of(),
            ServerConfig.ResponseMode.BUFFERED);
    ServerConfig first =
        new ServerConfig(
            "otlp:0.0.0.0:9",
            Optional.of("lake"),
            "telemetry",
            Optional.empty(),
            true,
            Optional.empty(),
            false,
            true,
            DataSize.ofMebibytes(1),
            5,
            Optional.of(DataSize.ofMebibytes(2)),
            DataSize.ofMebibytes(3),
            Duration.ofMillis(200),
            DataSize.ofMebibytes(4),
            Optional.of(Duration.ofSeconds(1)),
            List.of("host.name", "region"),
            List.of("lib"),
            ServerConfig.ResponseMode.OTLP);
    return new DuckspoolConfig(
        f.resolve("d"),
        new ReceiverConfig(
            new HostPort("localhost", 5319),
            DataSize.ofMebibytes(128),
            7,
            DataSize.ofGibibytes(2),
            Duration.ofMillis(250),
            77),
        new WriterConfig(
            new HostPort("10.0.0.1", 5320), DataSize.ofMebibytes(300), 8, Optional.of(false)),
        new ControlConfig(f.resolve("ct"), true),
        new SpoolConfig(
            SpoolConfig.Sync.OS,
            DataSize.ofMebibytes(1),
            Duration.ofMinutes(5),
            DataSize.ofMebibytes(64)),
        new DuckDbConfig(
            ":memory:",
            f.resolve("e"),
            false,
            DataSize.ofMebibytes(512),
            3,
            f.resolve("t"),
            Optional.of("SET x = 1")),
        List.of(first, second),
        Map.of(
            "other",
            new CatalogConfig.DuckDb(f.resolve("o.duckdb"), Map.of()),
            "lake",
            new CatalogConfig.DuckLake(
                "postgres:",
                Optional.of("s3://bucket/lake"),
                Optional.of("pg"),
                Map.of("encrypted", "true")),
            "ice",
            new CatalogConfig.Iceberg(
                "http://localhost:1",
                Optional.of("w"),
                CatalogConfig.Authorization.OAUTH2,
                CatalogConfig.AccessDelegation.VENDED_CREDENTIALS,
                Optional.of("login"),
                Map.of())),
        Map.of(
            "bucket",
            new SecretConfig.S3(
                SecretConfig.Provider.CREDENTIAL_CHAIN,
                Optional.of(new Secret("k")),
                Optional.of(new Secret("s")),
                Optional.of(new Secret("t")),
                Optional.of("r"),
                Optional.of("localhost:9000"),
                Optional.of("path"),
                Optional.of(false),
                Optional.of("s3://bucket/")),
            "pg",
            new SecretConfig.Postgres(
                Optional.of("h"),
                Optional.of(5432),
                Optional.of("d"),
                Optional.of("u"),
                Optional.of(new Secret("from-a-file"))),
            "login",
            new SecretConfig.Iceberg(
                Optional.of(new Secret("c")),
                Optional.of(new Secret("cs")),
                Optional.of("http://localhost:2"),
                Optional.of("os"),
                Optional.of(new Secret("lt")))),
        new LogConfig(LogConfig.Format.JSON, LogConfig.Level.DEBUG));
  }

  @Test
  void everyKeyOfTheTable_isAmongTheOtherValues() throws Exception {
    List<String> given = List.copyOf(otherValues(folder).keySet());
    for (ConfigKey<?> key : ConfigKeys.all()) {
      assertTrue(given.stream().anyMatch(key::matches), key + " is mapped by no test");
    }
  }

  @Test
  void everyKey_isMapped_fromTheFile() throws Exception {
    StringBuilder yaml = new StringBuilder();
    Map<String, String> values = otherValues(folder);
    List<String> servers = new ArrayList<>();
    values.keySet().stream()
        .sorted()
        .forEach(
            key -> {
              if (!key.startsWith("servers")) {
                yaml.append(key).append(": '").append(values.get(key)).append("'\n");
              } else {
                servers.add(key);
              }
            });
    yaml.append("servers:\n");
    for (String position : List.of("servers[0].", "servers[1].")) {
      String dash = "- ";
      for (String key : servers) {
        if (key.startsWith(position)) {
          yaml.append(dash).append(key.substring(position.length())).append(": '");
          yaml.append(values.get(key)).append("'\n");
          dash = "  ";
        }
      }
    }

    assertEquals(expectedOfOtherValues(), loader(Role.RECEIVER).file(yaml(yaml.toString())).load());
  }

  @Test
  void everyKey_isMapped_fromTheEnvironment() throws Exception {
    Map<String, String> environment = new HashMap<>();
    otherValues(folder)
        .forEach(
            (key, value) ->
                environment.put(
                    "DUCKSPOOL_"
                        + key.replace("[", "_").replace("]", "").replace('.', '_').toUpperCase(),
                    value));

    assertEquals(expectedOfOtherValues(), loader(Role.RECEIVER).environment(environment).load());
  }

  @Test
  void theEnvironmentWinsOverTheFile_andAFlagOverBoth() throws Exception {
    Path file = yaml("data: /file\nlog: {level: warn}\nduckdb:\n  threads: 7\n");
    DuckspoolConfig config =
        loader(Role.TOOL)
            .file(file)
            .environment(Map.of("DUCKSPOOL_DATA", "/env", "DUCKSPOOL_LOG_LEVEL", "debug"))
            .flag("data", "/flag", "--data")
            .load();

    assertEquals(Path.of("/flag"), config.data());
    assertEquals(LogConfig.Level.DEBUG, config.log().level());
    assertEquals(7, config.duckdb().threads());
    assertEquals("/flag/otlp.duckdb", config.duckdb().database());
  }

  @Test
  void allProblems_areReportedAtOnce_eachWithItsOrigin() throws Exception {
    Path file =
        yaml(
            """
            spool:
              sync: sometimes
              segmnt_age: 5s
            servers:
              - uri: otlp:localhost:4318
                max_body_bytes: 0
              - uri: otlp://LOCALHOST
            """);
    ConfigException thrown =
        assertThrows(
            ConfigException.class,
            () ->
                loader(Role.RECEIVER)
                    .file(file)
                    .environment(
                        Map.of("DUCKSPOOL_DUCKDB_THREADS", "many", "DUCKSPOOL_NO_SUCH_THING", "1"))
                    .flag("receiver.control", "here", "--control")
                    .load());

    assertEquals(
        List.of(
            "environment variable DUCKSPOOL_NO_SUCH_THING: DUCKSPOOL_NO_SUCH_THING: no key has"
                + " this variable",
            file + ":3: spool.segmnt_age: unknown key; did you mean spool.segment_age?",
            "flag --control: receiver.control: host:port such as 127.0.0.1:4319, got \"here\"",
            file + ":6: servers[0].max_body_bytes: must be 1 to 256MiB, got 0",
            file + ":7: servers[1].uri: otlp:localhost:4318 is declared by servers[0], too",
            "environment variable DUCKSPOOL_DUCKDB_THREADS: duckdb.threads: a whole number, got"
                + " \"many\"",
            file + ":2: spool.sync: one of group, os, got \"sometimes\""),
        thrown.problems().stream().map(ConfigProblem::toString).toList());
    assertTrue(thrown.getMessage().startsWith("the configuration has 7 problems:\n"));
  }

  /** Each bound: the last value inside, the first outside, and what is said of it. */
  @ParameterizedTest(name = "{0}: {1} is in, {2} is out")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "receiver.control | 127.0.0.1:1 | 127.0.0.1:0 | port must be 1 to 65535, got 0",
        "receiver.control | 127.0.0.1:65535 | 127.0.0.1:65536 | port must be 1 to 65535, got 65536",
        "writer.control | [::1]:4320 | [::2]:4320 | listens on ::2, which is not loopback: that needs control.allow_other_hostname: true",
        "writer.control | 127.0.0.1:4321 | 127.0.0.1:4319 | is 127.0.0.1:4319, as receiver.control is, too",
        "receiver.max_in_flight_bytes | 32MiB | 33554431 | twice 16MiB must fit receiver.max_in_flight_bytes, which is 33554431",
        "receiver.max_in_flight_bytes | 32MiB | 0 | must be >= 1, got 0",
        "receiver.max_request_rows | 1 | 0 | must be >= 1, got 0",
        "receiver.max_request_rows | 2147483647 | 2147483648 | must be >= 1, got 2147483648",
        "receiver.max_expanded_bytes | 1 | 0 | must be >= 1, got 0",
        "receiver.body_timeout | 1ms | 0ms | must be 1ms to 1d, got 0ms",
        "receiver.max_connections | 1 | 0 | must be >= 1, got 0",
        "receiver.body_timeout | 24h | 25h | must be 1ms to 1d, got 25h",
        "writer.max_batch_bytes | 1 | 0 | must be >= 1, got 0",
        "writer.max_batch_rows | 1 | 0 | must be >= 1, got 0",
        "spool.segment_bytes | 64KiB | 65535 | must be 64KiB to 1TiB, got 65535",
        "spool.segment_bytes | 1TiB | 1025GiB | must be 64KiB to 1TiB, got 1025GiB",
        "spool.segment_age | 10ms | 9ms | must be 10ms to 1d, got 9ms",
        "spool.segment_age | 1d | 2d | must be 10ms to 1d, got 2d",
        "spool.disk_reserve | 32MiB | 33554431 | must be at least twice the largest max_body_bytes, 32MiB, got 33554431",
        "duckdb.memory_limit | 64MiB | 63MiB | must be >= 64MiB, got 63MiB",
        "duckdb.threads | 1 | 0 | must be 1 to 1024, got 0",
        "duckdb.threads | 1024 | 1025 | must be 1 to 1024, got 1025",
        "duckdb.install_extensions | true | yes | true or false, got \"yes\"",
        "log.level | TRACE | loud | one of error, warn, info, debug, trace, got \"loud\"",
        "servers[0].uri | otlp:[::1]:1 | otlp:example.org:1 | listens on example.org, which is not localhost: that needs allow_other_hostname: true",
        "servers[0].token | 0123456789abcdef | 0123456789abcde | at least 16 characters, got 15",
        "servers[0].max_body_bytes | 128MiB | 134217729 | twice 134217729 must fit receiver.max_in_flight_bytes, which is 256MiB",
        "servers[0].max_body_bytes | 1 | 0 | must be 1 to 256MiB, got 0",
        "servers[0].max_body_bytes | 1 | 257MiB | must be 1 to 256MiB, got 257MiB",
        "servers[0].max_buffered_bytes | 16MiB | 16777215 | 16MiB must fit max_buffered_bytes, which is 16777215",
        "servers[0].max_buffered_bytes | 16MiB | 0 | must be >= 1, got 0",
        "servers[0].http_threads | 1 | 0 | must be 1 to 1024, got 0",
        "servers[0].http_threads | 1024 | 1025 | must be 1 to 1024, got 1025",
        "servers[0].seal_target_bytes | 1 | 0 | must be >= 1, got 0",
        "servers[0].seal_max_age_ms | 1 | 0 | must be 1 to 3153600000000, got 0",
        "servers[0].seal_max_age_ms | 3153600000000 | 3153600000001 | must be 1 to 3153600000000, got 3153600000001",
        "servers[0].seal_max_age_ms | 200 | 5s | a whole number, got \"5s\"",
        "servers[0].target_file_size | 1 | 0 | must be >= 1, got 0",
        "servers[0].maintenance_retention_ms | 1 | 0 | must be 1 to 3153600000000, got 0",
        "servers[0].http_threads | 1 | 99999999999999999999 | must be 1 to 1024, got 99999999999999999999",
        "servers[0].max_buffered_bytes | 16MiB | -1 | must be >= 1, got -1",
        "servers[0].promote_resource_attributes | a.b,a.b | a.b,A-b | \"a.b\" and \"A-b\" would share one column, ..._attr_a_b",
        "servers[0].promote_scope_attributes | a,b | a,,b | comma-separated keys, none of them empty, got \"a,,b\"",
      })
  void eachBound_holdsAtItsEdge(String key, String inside, String outside, String message)
      throws Exception {
    withAServer().flag(key, inside, "--x").load();
    ConfigException thrown =
        assertThrows(ConfigException.class, () -> withAServer().flag(key, outside, "--x").load());
    assertTrue(
        thrown.problems().stream().anyMatch(problem -> problem.message().equals(message)),
        thrown.getMessage());
  }

  @Test
  void emptyText_isRefusedInTheFile_andCountsAsNotGivenInTheEnvironment() throws Exception {
    assertEquals(
        List.of("must not be empty"),
        messages(loader(Role.TOOL).file(yaml("servers:\n- schema: ''\n"))));
    DuckspoolConfig config =
        loader(Role.TOOL)
            .file(yaml("servers:\n- schema: mine\n  catalog: ''\n"))
            .environment(Map.of("DUCKSPOOL_SERVERS_0_SCHEMA", ""))
            .load();
    assertEquals("mine", config.servers().get(0).schema());
    assertEquals(Optional.empty(), config.servers().get(0).catalog());
  }

  @Test
  void theQuarterOfTheHeap_bindsTheReceiverAlone_unlessItIsGiven() throws Exception {
    Machine small = new Machine(64 << 20, GIB, 1);
    Path file = yaml("servers:\n- uri: otlp:localhost:1\n");
    assertEquals(
        List.of("twice 16MiB must fit receiver.max_in_flight_bytes, which is 16MiB"),
        messages(new ConfigLoader(Role.RECEIVER).machine(small).file(file)));
    new ConfigLoader(Role.WRITER).machine(small).file(file).load();
    assertEquals(
        List.of("twice 16MiB must fit receiver.max_in_flight_bytes, which is 1MiB"),
        messages(
            new ConfigLoader(Role.WRITER)
                .machine(small)
                .file(file)
                .flag("receiver.max_in_flight_bytes", "1MiB", "--x")));
  }

  @Test
  void diskReserve_growsWithTheSealTarget_whereTheDatabaseSharesTheFileSystem() throws Exception {
    ConfigLoader loader =
        loader(Role.RECEIVER)
            .flag("data", folder.toString(), "--data")
            .flag("servers[0].seal_target_bytes", "1GiB", "--x");
    assertEquals(DataSize.ofGibibytes(4), loader.load().spool().diskReserve());
  }

  @Test
  void aServerLeftOut_isAProblem() {
    assertEquals(
        List.of("there is no servers[0]"),
        messages(
            loader(Role.TOOL).environment(Map.of("DUCKSPOOL_SERVERS_1_URI", "otlp:localhost:1"))));
  }

  @Test
  void secretsOfCatalogs_areOfTheKindThatTheyLogInWith() throws Exception {
    Path file =
        yaml(
            """
            catalogs:
              a: {type: ducklake, metadata: 'postgres:', secret: s3}
              b: {type: ducklake, metadata: b.ducklake, data_path: 's3://b/c', secret: pg}
              c: {type: iceberg, endpoint: 'http://x', authorization: oauth2}
              d: {type: iceberg, endpoint: 'http://x', authorization: bearer, secret: s3}
              e: {type: iceberg, endpoint: 'http://x', authorization: sigv4, secret: login}
              f: {type: iceberg, endpoint: 'http://x', authorization: sigv4}
            secrets:
              s3: {type: s3}
              pg: {type: postgres}
              login: {type: iceberg}
            """);
    assertEquals(
        List.of(
            file + ":2: catalogs.a.secret: secret s3 is of type s3, expected postgres",
            file + ":3: catalogs.b.secret: secret pg is of type postgres, expected s3",
            "default: catalogs.c.secret: is required where authorization is oauth2",
            file + ":5: catalogs.d.secret: secret s3 is of type s3, expected iceberg",
            file + ":6: catalogs.e.secret: secret login is of type iceberg, expected s3",
            "default: catalogs.f.secret: is required where authorization is sigv4"),
        problems(loader(Role.TOOL).file(file)));
  }

  @Test
  void whereALakeIs_doesNotDependOnTheWorkingFolderLater() throws Exception {
    Path file =
        yaml(
            """
            catalogs:
              a: {type: ducklake, metadata: lakes/../a.ducklake, data_path: a/data}
              b: {type: ducklake, metadata: 'sqlite:b.sqlite', data_path: 's3://bucket/b'}
            """);
    Map<String, CatalogConfig> catalogs = loader(Role.TOOL).file(file).load().catalogs();
    Path here = Path.of("").toAbsolutePath();
    assertEquals(
        Map.of(
            "a",
            new CatalogConfig.DuckLake(
                here + "/a.ducklake", Optional.of(here + "/a/data"), Optional.empty(), Map.of()),
            "b",
            new CatalogConfig.DuckLake(
                "sqlite:" + here + "/b.sqlite",
                Optional.of("s3://bucket/b"),
                Optional.empty(),
                Map.of())),
        catalogs);
  }

  @Test
  void placesThatALakeCantBeIn_areRefused() throws Exception {
    Path file =
        yaml(
            """
            catalogs:
              a: {type: ducklake, metadata: 'postgres:password=hidden', secret: pg}
              b: {type: ducklake, metadata: b, data_path: 'gs://bucket/b'}
            secrets:
              pg: {type: postgres}
            """);
    assertEquals(
        List.of(
            file + ":2: catalogs.a.metadata: postgres: alone, its connection comes from the secret",
            file + ":3: catalogs.b.data_path: a path or s3://bucket/prefix, got \"gs://bucket/b\""),
        problems(loader(Role.TOOL).file(file)));
  }

  @Test
  void catalogsAndSecrets_areCheckedAgainstEachOther() throws Exception {
    Path file =
        yaml(
            """
            servers:
              - catalog: nowhere
              - uri: otlp:localhost:2
                catalog: lake
                parquet_export_path: /tmp/p
                promote_resource_attributes: a
            catalogs:
              lake: {type: ducklake, metadata: 'postgres:', path: x}
              untyped: {path: x}
              ice: {type: iceberg, secret: missing}
              Wrong: {type: duckdb, path: x}
            secrets:
              pg: {type: postgres, key_id: x}
            """);
    assertEquals(
        List.of(
            file
                + ":11: catalogs.Wrong.path: unknown key: names of catalogs and secrets are of a-z and 0-9",
            file
                + ":11: catalogs.Wrong.type: unknown key: names of catalogs and secrets are of a-z and 0-9",
            file + ":13: secrets.pg.key_id: is not a key of type postgres",
            file + ":10: catalogs.ice.secret: the secrets section has no \"missing\"",
            "default: catalogs.ice.endpoint: is required",
            file + ":8: catalogs.lake.path: is not a key of type ducklake",
            "default: catalogs.lake.secret: is required where metadata is postgres:",
            "default: catalogs.untyped.type: is required",
            file + ":2: servers[0].catalog: the catalogs section has no \"nowhere\"",
            file + ":5: servers[1].parquet_export_path: can't be given together with catalog",
            file
                + ":6: servers[1].promote_resource_attributes: can't be given together with"
                + " parquet_export_path"),
        problems(loader(Role.TOOL).file(file)));
  }

  @Test
  void aSecret_isGivenOnceOnly_andItsFileMustHoldSomething() throws Exception {
    Path empty = Files.writeString(folder.resolve("empty"), " \n");
    Path file =
        yaml(
            "servers:\n- token: 0123456789abcdef\n  token_file: "
                + empty
                + "\n- uri: otlp:localhost:1\n  token_file: "
                + empty
                + "\n- uri: otlp:localhost:2\n  token_file: /no/such/file\n");
    List<String> problems = problems(loader(Role.TOOL).file(file));
    assertEquals(3, problems.size(), problems.toString());
    assertEquals(
        file + ":2: servers[0].token: given both as it is and as servers[0].token_file",
        problems.get(0));
    assertEquals(
        file + ":5: servers[1].token_file: the file " + empty + " is empty", problems.get(1));
    assertTrue(problems.get(2).contains("/no/such/file can't be read"), problems.get(2));
  }

  @Test
  void aSecretOfAHigherLayer_winsOverTheFilesForm() throws Exception {
    Path tokens = Files.writeString(folder.resolve("t"), "fedcba9876543210");
    Path file = yaml("servers:\n- token: 0123456789abcdef\n");
    DuckspoolConfig config =
        loader(Role.TOOL)
            .file(file)
            .environment(Map.of("DUCKSPOOL_SERVERS_0_TOKEN_FILE", tokens.toString()))
            .load();
    assertEquals(Optional.of(new Secret("fedcba9876543210")), config.servers().get(0).token());
  }

  @Test
  void aTokenThatIsNotNeeded_isNotLookedAt() throws Exception {
    DuckspoolConfig config =
        withAServer()
            .flag("servers[0].token", "short", "--x")
            .flag("servers[0].disable_auth", "true", "--z")
            .load();
    assertEquals(Optional.empty(), config.servers().get(0).token());
  }

  @Test
  void noSecret_isEverPrinted() throws Exception {
    Path file =
        yaml(
            "servers:\n- token: very-secret-token-text\nsecrets:\n  b: {type: s3, secret: hidden-too}\n");
    String text = loader(Role.TOOL).file(file).load().toString();
    assertFalse(text.contains("very-secret"), text);
    assertFalse(text.contains("hidden-too"), text);
    String problem =
        messages(loader(Role.TOOL).flag("servers[0].token", "too-short", "--x")).get(0);
    assertFalse(problem.contains("too-short"), problem);
  }

  @Test
  void variablesOfTheLauncherAndOfKubernetes_areNotKeys() throws Exception {
    Map<String, String> environment = new HashMap<>();
    EnvironmentVariables.NOT_KEYS.keySet().forEach(name -> environment.put(name, "x"));
    environment.put("DUCKSPOOL_SERVICE_HOST", "10.0.0.1");
    environment.put("DUCKSPOOL_SERVICE_PORT", "4318");
    environment.put("DUCKSPOOL_SERVICE_PORT_OTLP", "4318");
    environment.put("DUCKSPOOL_PORT", "tcp://10.0.0.1:4318");
    environment.put("DUCKSPOOL_PORT_4318_TCP_ADDR", "10.0.0.1");
    environment.put("DUCKSPOOL_PORT_4318_TCP", "tcp://10.0.0.1:4318");
    loader(Role.TOOL).environment(environment).load();
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "a: [1 | :2: (file): not YAML: expected ',' or ']', but got <stream end>",
        "data: x\\ndata: y | :2: data: given twice; first in line 1",
        "- data | :1: (file): expected a mapping of keys to values at the top",
        "? [a] : b | :1: : a key must be a plain word",
        "log: debug | :1: log: unknown key",
        "log: {level: [debug]} | :1: log.level[0]: unknown key; did you mean log.level?",
      })
  void aFileThatIsWrong_saysInWhichLine(String text, String problem) throws Exception {
    Path file = yaml(text.replace("\\n", "\n") + "\n");
    assertEquals(file + problem, problems(loader(Role.TOOL).file(file)).get(0));
  }

  @Test
  void aFileThatIsMissing_isAProblem_andAnEmptyOneIsNot() throws Exception {
    Path missing = folder.resolve("no.yaml");
    assertEquals(
        List.of(missing + ": (file): there is no such file"),
        problems(loader(Role.TOOL).file(missing)));
    loader(Role.TOOL).file(yaml("# nothing\n")).load();
    loader(Role.TOOL).file(yaml("servers:\nlog:\n")).load();
  }

  @Test
  void anAliasThatHoldsItself_isRefused() throws Exception {
    List<String> problems = problems(loader(Role.TOOL).file(yaml("log: &a\n  x: *a\n")));
    assertTrue(problems.get(0).contains("nested too deeply"), problems.toString());
  }

  private static ConfigLoader withAServer() {
    return loader(Role.RECEIVER).flag("servers[0].schema", "main", "--y");
  }

  private static ConfigLoader loader(Role role) {
    return new ConfigLoader(role).machine(MACHINE);
  }

  private static List<String> problems(ConfigLoader loader) {
    return assertThrows(ConfigException.class, loader::load).problems().stream()
        .map(ConfigProblem::toString)
        .toList();
  }

  private static List<String> messages(ConfigLoader loader) {
    return assertThrows(ConfigException.class, loader::load).problems().stream()
        .map(ConfigProblem::message)
        .toList();
  }

  private Path yaml(String text) throws IOException {
    return Files.writeString(folder.resolve("duckspool.yaml"), text);
  }
}
