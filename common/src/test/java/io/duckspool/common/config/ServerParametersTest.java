package io.duckspool.common.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.duckspool.common.config.ConfigLoader.Role;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ServerParametersTest {

  private static final Machine MACHINE = new Machine(2L << 30, 9L << 30, 2);

  /** A quarter of the heap: twice the largest body of all fits. */
  private static ServerParameters parameters() {
    try {
      return new ServerParameters(
          new ConfigLoader(Role.RECEIVER)
              .machine(MACHINE)
              .flag("catalogs.ice.type", "iceberg", "--a")
              .flag("catalogs.ice.endpoint", "http://localhost:1", "--b")
              .load(),
          MACHINE);
    } catch (ConfigException e) {
      throw new IllegalStateException(e);
    }
  }

  private static ServerConfig parse(String json) {
    return parameters().parse(json.getBytes(StandardCharsets.UTF_8));
  }

  private static String refusal(String json) {
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> parse(json), json);
    return String.valueOf(refused.getMessage());
  }

  @Test
  void nothingGiven_hasEveryDefault() {
    assertEquals(
        new ServerConfig(
            "otlp:localhost:4318",
            Optional.empty(),
            "main",
            Optional.empty(),
            false,
            Optional.empty(),
            true,
            false,
            DataSize.ofBytes(16_777_216),
            8,
            Optional.empty(),
            DataSize.ofBytes(67_108_864),
            Duration.ofMillis(5_000),
            DataSize.ofBytes(268_435_456),
            Optional.empty(),
            List.of(),
            List.of(),
            ServerConfig.ResponseMode.BUFFERED),
        parse("{}"));
    assertEquals(parse("{}"), parse("{\"schema\":null,\"token\":null,\"http_threads\":null}"));
    assertEquals(Duration.ofMinutes(1), parse("{\"catalog\":\"ice\"}").sealMaxAge());
    assertEquals(Duration.ofMinutes(1), parse("{\"catalog\":\"ICE\"}").sealMaxAge());
    assertEquals(Optional.empty(), parse("{\"catalog\":\"\"}").catalog());
  }

  @ParameterizedTest(name = "{0} cores: {1} threads")
  @CsvSource({"1, 4", "2, 8", "7, 28", "8, 32", "64, 32"})
  void httpThreads_areFourTimesTheCores_from4To32(int cores, int threads) throws Exception {
    ServerParameters parameters =
        new ServerParameters(
            new ConfigLoader(Role.RECEIVER).machine(MACHINE).load(),
            new Machine(2L << 30, 9L << 30, cores));
    assertEquals(threads, parameters.parse("{}".getBytes(StandardCharsets.UTF_8)).httpThreads());
  }

  @Test
  void everyParameter_isMapped() throws Exception {
    Map<String, Object> all =
        Map.ofEntries(
            Map.entry("uri", " OTLP://[0:0::1]:9 "),
            Map.entry("catalog", "not_in_the_catalogs_section"),
            Map.entry("schema", "telemetry"),
            Map.entry("token", "0123456789abcdef"),
            Map.entry("disable_auth", false),
            Map.entry("create_tables", false),
            Map.entry("allow_other_hostname", true),
            Map.entry("max_body_bytes", 1_048_576),
            Map.entry("http_threads", 5),
            Map.entry("max_buffered_bytes", 2_097_152),
            Map.entry("seal_target_bytes", 3),
            Map.entry("seal_max_age_ms", 200),
            Map.entry("target_file_size", 4),
            Map.entry("maintenance_retention_ms", 1_000),
            Map.entry("promote_resource_attributes", "host.name, region"),
            Map.entry("promote_scope_attributes", "lib"),
            Map.entry("response_mode", "otlp"));
    assertEquals(
        new ServerConfig(
            " OTLP://[0:0::1]:9 ",
            Optional.of("not_in_the_catalogs_section"),
            "telemetry",
            Optional.of(new Secret("0123456789abcdef")),
            false,
            Optional.empty(),
            false,
            true,
            DataSize.ofMebibytes(1),
            5,
            Optional.of(DataSize.ofMebibytes(2)),
            DataSize.ofBytes(3),
            Duration.ofMillis(200),
            DataSize.ofBytes(4),
            Optional.of(Duration.ofSeconds(1)),
            List.of("host.name", "region"),
            List.of("lib"),
            ServerConfig.ResponseMode.OTLP),
        parse(new ObjectMapper().writeValueAsString(all)));
    assertEquals(
        Optional.of("s3://bucket/x"),
        parse("{\"parquet_export_path\":\"s3://bucket/x\"}").parquetExportPath());
    for (String name : ServerParameters.names()) {
      assertTrue(all.containsKey(name) || name.equals("parquet_export_path"), name);
    }
  }

  /** Each bound: the last value inside, the first outside, and what is said of it. */
  @ParameterizedTest(name = "{0}: {1} is in, {2} is out")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "uri | \"otlp:[::1]:65535\" | \"otlp:[::1]:65536\" | listen URI \"otlp:[::1]:65536\": port"
            + " must be in [1, 65535], got 65536; accepted forms: otlp:host:port, otlp://host:port,"
            + " otlp:[v6]:port, otlp://[v6]:port",
        "uri | \"otlp:localhost:1\" | \"otlp:localhost:0\" | listen URI \"otlp:localhost:0\": port"
            + " must be in [1, 65535], got 0; accepted forms: otlp:host:port, otlp://host:port,"
            + " otlp:[v6]:port, otlp://[v6]:port",
        "uri | \"otlp:\" | \"\" | must not be empty",
        "uri | \"otlp:LOCALHOST\" | 4318 | must be a string, got 4318",
        "uri | \"otlp:127.0.0.1\" | \"otlp:127.0.0.2\" | listens on 127.0.0.2, which is not"
            + " localhost: that needs allow_other_hostname: true",
        "catalog | \"\" | true | must be a string, got true",
        "schema | \"x\" | \"\" | must not be empty",
        "schema | \"x\" | \" \" | must not be empty",
        "token | \"0123456789abcdef\" | \"0123456789abcde\" | at least 16 characters, got 15",
        "token | \"0123456789abcdef\" | 1234567890123456 | must be a string, got another type:"
            + " number",
        "disable_auth | true | \"true\" | must be a boolean, got \"true\"",
        "create_tables | false | 0 | must be a boolean, got 0",
        "allow_other_hostname | false | {} | must be a boolean, got {}",
        "parquet_export_path | \"p\" | \"\" | must not be empty",
        "parquet_export_path | \"p\" | 1 | must be a string, got 1",
        "max_body_bytes | 1 | 0 | must be 1 to 256MiB, got 0",
        "max_body_bytes | 268435456 | 268435457 | must be 1 to 256MiB, got 268435457",
        "max_body_bytes | 1 | -1 | must be 1 to 256MiB, got -1",
        "max_body_bytes | 1 | 1.5 | must be an integer, got 1.5",
        "max_body_bytes | 1 | 1e3 | must be an integer, got 1000.0",
        "max_body_bytes | 16777216 | \"16MiB\" | must be an integer, got \"16MiB\"",
        "http_threads | 1 | 0 | must be 1 to 1024, got 0",
        "http_threads | 1024 | 1025 | must be 1 to 1024, got 1025",
        "http_threads | 1 | 4294967297 | must be 1 to 1024, got 4294967297",
        "max_buffered_bytes | 16777216 | 0 | must be >= 1, got 0",
        "max_buffered_bytes | 16777216 | 16777215 | 16MiB must fit max_buffered_bytes, which is"
            + " 16777215",
        "seal_target_bytes | 1 | 0 | must be >= 1, got 0",
        "seal_target_bytes | 9223372036854775807 | 9223372036854775808 | a size up to 2^63-1 bytes,"
            + " got \"9223372036854775808\"",
        "seal_max_age_ms | 1 | 0 | must be 1 to 3153600000000, got 0",
        "seal_max_age_ms | 3153600000000 | 3153600000001 | must be 1 to 3153600000000, got"
            + " 3153600000001",
        "seal_max_age_ms | 1 | 99999999999999999999 | must be 1 to 3153600000000, got"
            + " 99999999999999999999",
        "max_buffered_bytes | 16777216 | true | must be an integer, got true",
        "seal_target_bytes | 1 | -1 | must be >= 1, got -1",
        "seal_max_age_ms | 1 | \"5s\" | must be an integer, got \"5s\"",
        "target_file_size | 1 | 0 | must be >= 1, got 0",
        "target_file_size | 9223372036854775807 | 1.0 | must be an integer, got 1.0",
        "maintenance_retention_ms | 1 | 0 | must be 1 to 3153600000000, got 0",
        "maintenance_retention_ms | 3153600000000 | 3153600000001 | must be 1 to 3153600000000, got"
            + " 3153600000001",
        "promote_resource_attributes | \"a,b\" | \"a,,b\" | comma-separated keys, none of them"
            + " empty, got \"a,,b\"",
        "promote_resource_attributes | \"a,a\" | [\"a\"] | must be a string, got [\"a\"]",
        "promote_scope_attributes | \"a.b,a.b\" | \"a.b,A_b\" | \"a.b\" and \"A_b\" would share one"
            + " column, ..._attr_a_b",
        "promote_scope_attributes | \"a\" | 1 | must be a string, got 1",
        "response_mode | \"otlp\" | true | must be a string, got true",
        "response_mode | \"buffered\" | \"plain\" | one of buffered, otlp, got \"plain\"",
      })
  void eachBound_holdsAtItsEdge(String name, String inside, String outside, String message) {
    parse("{\"" + name + "\":" + inside + "}");
    String refusal = refusal("{\"" + name + "\":" + outside + "}");
    String wrong =
        name.equals("max_buffered_bytes") && message.contains("fit") ? "max_body_bytes" : name;
    assertEquals("parameter \"" + wrong + "\" " + message, refusal);
  }

  @Test
  void rulesBetweenParameters_hold() {
    String parquet = "{\"parquet_export_path\":\"p\",";
    assertEquals(
        "parameter \"parquet_export_path\" can't be given together with catalog",
        refusal(parquet + "\"catalog\":\"lake\"}"));
    assertEquals(
        "parameter \"promote_resource_attributes\" can't be given together with"
            + " parquet_export_path",
        refusal(parquet + "\"promote_resource_attributes\":\"a\"}"));
    assertEquals(
        "parameter \"promote_scope_attributes\" can't be given together with parquet_export_path",
        refusal(parquet + "\"promote_scope_attributes\":\"a\"}"));
    parse(parquet + "\"catalog\":\"\"}");
    parse("{\"uri\":\"otlp:10.0.0.1\",\"allow_other_hostname\":true}");
    assertEquals(Optional.empty(), parse("{\"token\":\"short\",\"disable_auth\":true}").token());
  }

  @Test
  void twiceTheBody_mustFitTheMemoryOfTheReceiver() throws Exception {
    ServerParameters small =
        new ServerParameters(
            new ConfigLoader(Role.RECEIVER)
                .flag("receiver.max_in_flight_bytes", "2000", "--x")
                .load(),
            MACHINE);
    small.parse("{\"max_body_bytes\":1000}".getBytes(StandardCharsets.UTF_8));
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> small.parse("{\"max_body_bytes\":1001}".getBytes(StandardCharsets.UTF_8)));
    assertEquals(
        "parameter \"max_body_bytes\" twice 1001 must fit receiver.max_in_flight_bytes, which is"
            + " 2000",
        refused.getMessage());
  }

  @Test
  void everyProblem_isNamed_andNoTokenRepeated() {
    String refusal =
        refusal("{\"tokn\":1,\"token\":\"hidden\",\"http_threads\":0,\"schema\":[\"x\"]}");
    assertTrue(refusal.startsWith("unknown parameter \"tokn\", known are uri, catalog, "), refusal);
    assertTrue(refusal.contains("; parameter \"token\" at least 16 characters, got 6"), refusal);
    assertTrue(refusal.contains("; parameter \"http_threads\" must be 1 to 1024, got 0"), refusal);
    assertTrue(refusal.contains("; parameter \"schema\" must be a string, got [\"x\"]"), refusal);
    assertFalse(refusal.contains("hidden"), refusal);
    assertTrue(refusal("{\"token_file\":\"x\"}").startsWith("unknown parameter \"token_file\""));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "[] | the body must be a JSON object",
        "~~ | the body must be a JSON object",
        "null | the body must be a JSON object",
        "{ | the body is not JSON: Unexpected end-of-input",
        "{} {} | the body is not JSON: Trailing token",
        "{\"schema\":\"a\",\"schema\":\"b\"} | the body is not JSON: Duplicate field 'schema'",
      })
  void whatIsNoObject_isRefused(String json, String message) {
    assertTrue(refusal(json).startsWith(message), refusal(json));
  }
}
