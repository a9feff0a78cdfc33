package io.duckspool.writer.sink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.config.CatalogConfig;
import io.duckspool.common.config.SecretConfig;
import io.duckspool.writer.servers.DuckDbExtensions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which extensions are loaded, and what is said of one that is missing. */
final class ExtensionsTest {

  @TempDir Path folder;

  @Test
  void eachKindOfCatalog_needsItsOwn() {
    assertEquals(Map.of(), needed(new CatalogConfig.DuckDb(Path.of("/a"), Map.of())));
    assertEquals(
        Map.of("ducklake", "catalog c"), needed(lake("/m.ducklake", Optional.of("/data"))));
    assertEquals(
        Map.of("ducklake", "catalog c", "sqlite_scanner", "catalog c", "httpfs", "catalog c"),
        needed(lake("sqlite:/m.sqlite", Optional.of("s3://b/l"))));
    assertEquals(
        Map.of("ducklake", "catalog c", "postgres_scanner", "catalog c"),
        needed(lake("postgres:", Optional.empty())));
    assertEquals(
        Map.of("httpfs", "catalog c", "avro", "catalog c", "iceberg", "catalog c"),
        needed(
            new CatalogConfig.Iceberg(
                "http://x",
                Optional.empty(),
                CatalogConfig.Authorization.NONE,
                CatalogConfig.AccessDelegation.NONE,
                Optional.empty(),
                Map.of())));
  }

  @Test
  void eachKindOfSecret_needsItsOwn() {
    assertEquals(Map.of("httpfs", "secret s"), needed(s3(SecretConfig.Provider.CONFIG)));
    assertEquals(
        Map.of("httpfs", "secret s", "aws", "secret s"),
        needed(s3(SecretConfig.Provider.CREDENTIAL_CHAIN)));
  }

  @Test
  void aMissingExtension_isNamed_withItsPlaceAndBothWaysOut() {
    DuckDbSettings settings =
        new DuckDbSettings(
            Optional.of(folder.resolve("otlp.duckdb")),
            256L << 20,
            2,
            folder.resolve("tmp"),
            Optional.of(folder.resolve("none")),
            false,
            Optional.empty(),
            Declared.catalogs(Map.of("lake", lake(folder + "/m.ducklake", Optional.empty()))));
    String place = folder.resolve("none") + "/v1.5.5/linux_amd64/ducklake.duckdb_extension";
    assertEquals(
        "the DuckDB extension ducklake, which catalog lake needs, can't be loaded: IO Error:"
            + " Extension \""
            + place
            + "\" not found. Put it at "
            + place
            + " (`install-duckdb-extensions "
            + folder.resolve("none")
            + "` does, see duckdb.extension_directory), or set duckdb.install_extensions: true"
            + " where the writer may download it",
        refusal(settings));
    assertTrue(Files.notExists(folder.resolve("m.ducklake")), "nothing is made before");
  }

  @Test
  void aFileThatIsNoExtension_isNamedToo() throws Exception {
    Path file = folder.resolve("bad/v1.5.5/linux_amd64/ducklake.duckdb_extension");
    Files.createDirectories(file.getParent());
    Files.writeString(file, "no extension".repeat(100));
    DuckDbSettings settings =
        new DuckDbSettings(
            Optional.empty(),
            256L << 20,
            2,
            folder.resolve("tmp"),
            Optional.of(folder.resolve("bad")),
            false,
            Optional.empty(),
            Declared.catalogs(Map.of("lake", lake(folder + "/m.ducklake", Optional.empty()))));
    String refusal = refusal(settings);
    assertTrue(refusal.contains("ducklake, which catalog lake needs, can't be loaded"), refusal);
  }

  @Test
  void whatIsThere_isLoaded() throws Exception {
    DuckDbSettings settings =
        new DuckDbSettings(
            Optional.empty(),
            256L << 20,
            2,
            folder.resolve("tmp"),
            Optional.of(DuckDbExtensions.folder()),
            false,
            Optional.empty(),
            new Declared(Map.of(), Map.of("s", s3(SecretConfig.Provider.CONFIG))));
    try (DuckDbDatabase database =
        DuckDbDatabase.open(settings, InstantSource.system(), System::nanoTime)) {
      assertEquals(
          List.of("[1]"),
          DuckDbRows.query(
              database, "SELECT count(*) FROM duckdb_secret_types() WHERE type = 's3'"));
    }
  }

  private static String refusal(DuckDbSettings settings) {
    return assertThrows(
            SinkException.Unavailable.class,
            () -> DuckDbDatabase.open(settings, InstantSource.system(), System::nanoTime).close())
        .reason();
  }

  private static Map<String, String> needed(CatalogConfig catalog) {
    return Extensions.of(Declared.catalogs(Map.of("c", catalog))).neededBy();
  }

  private static Map<String, String> needed(SecretConfig secret) {
    return Extensions.of(new Declared(Map.of(), Map.of("s", secret))).neededBy();
  }

  private static CatalogConfig lake(String metadata, Optional<String> dataPath) {
    return new CatalogConfig.DuckLake(metadata, dataPath, Optional.empty(), Map.of());
  }

  private static SecretConfig s3(SecretConfig.Provider provider) {
    return new SecretConfig.S3(
        provider,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }
}
