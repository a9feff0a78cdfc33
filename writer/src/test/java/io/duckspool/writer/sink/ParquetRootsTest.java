package io.duckspool.writer.sink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.config.ParquetRoot;
import io.duckspool.common.config.Secret;
import io.duckspool.common.config.SecretConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which roots can be used, and how they are reached. */
final class ParquetRootsTest {

  @TempDir Path temp;
  private Path folder;
  private Path staging;

  @BeforeEach
  void make() throws Exception {
    folder = temp.toRealPath();
    staging = Files.createDirectories(folder.resolve("data/staging"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"data", ".", "data/servers", "data/staging/x", "data/tmp", "data/../."})
  void aRootThatShowsTheDataFolder_isRefused(String root) {
    String reason = refusal(folder.resolve(root));
    assertTrue(reason.contains(" would show the data folder " + folder + "/data"), reason);
  }

  @Test
  void aRootBehindALink_isJudgedByWhereItLeads() throws Exception {
    Files.createSymbolicLink(folder.resolve("link"), folder.resolve("data"));
    assertTrue(refusal(folder.resolve("link")).contains("would show the data folder"));
    assertTrue(refusal(folder.resolve("link/servers/x")).contains("would show the data folder"));
    requireApart(folder.resolve("link/export"));
    Path real = Files.createDirectory(folder.resolve("real"));
    Path other = Files.createSymbolicLink(folder.resolve("other"), real);
    assertEquals(List.of(other.toString(), real.toString()), ParquetRoots.places(other.toString()));
    assertEquals(List.of(other + "/x", real + "/x"), ParquetRoots.places(other + "/x"));
    assertEquals(List.of(real.toString()), ParquetRoots.places(real.toString()));
    assertEquals(List.of("s3://b/x/"), ParquetRoots.places("s3://b/x"));
  }

  @Test
  void aRootInAnotherRoot_isRefused() throws Exception {
    requireApart(folder.resolve("a/otlp_logs/b"));
    Files.createDirectories(folder.resolve("a/_duckspool"));
    Files.writeString(folder.resolve("a/_duckspool/format.json"), "{}");
    assertEquals(
        "Parquet root " + folder + "/a/otlp_logs/b lies in another one, " + folder + "/a",
        refusal(folder.resolve("a/otlp_logs/b")));
    requireApart(folder.resolve("a"));
  }

  private String refusal(Path root) {
    return assertThrows(SinkException.Refused.class, () -> requireApart(root)).reason();
  }

  private void requireApart(Path root) throws SinkException {
    ParquetRoots.requireApart(new ParquetRoot.Folder(root), staging);
  }

  @Test
  void theSecretWithTheLongestScope_isUsed() throws Exception {
    TreeMap<String, SecretConfig> secrets = new TreeMap<>();
    secrets.put("any", secret(Optional.empty()));
    secrets.put("one", secret(Optional.of("s3://one/")));
    secrets.put("deep", secret(Optional.of("s3://one/a/")));
    try (ParquetRoots roots = new ParquetRoots(secrets)) {
      ParquetRoot root = ParquetRoot.parse("s3://one/a/b");
      assertSame(roots.store(root), roots.store(ParquetRoot.parse("s3://one/a/b/")));
      assertEquals("s3://one/a/b", roots.store(root).location());
      assertEquals("s3://two", roots.store(ParquetRoot.parse("s3://two")).location());
    }
  }

  @Test
  void withoutASecret_orWithTwoOfOneScope_aBucketIsRefused() {
    TreeMap<String, SecretConfig> secrets = new TreeMap<>();
    secrets.put("one", secret(Optional.of("s3://one/")));
    secrets.put("other", secret(Optional.of("s3://one/")));
    try (ParquetRoots roots = new ParquetRoots(secrets)) {
      String none =
          assertThrows(
                  SinkException.Refused.class, () -> roots.store(ParquetRoot.parse("s3://two/x")))
              .reason();
      assertTrue(none.startsWith("no secret of type s3 is for s3://two/x: "), none);
      String both =
          assertThrows(
                  SinkException.Refused.class, () -> roots.store(ParquetRoot.parse("s3://one/x")))
              .reason();
      assertTrue(both.startsWith("the secrets one, other are all for s3://one/x: "), both);
    }
  }

  private static SecretConfig.S3 secret(Optional<String> scope) {
    return new SecretConfig.S3(
        SecretConfig.Provider.CONFIG,
        Optional.of(new Secret("id")),
        Optional.of(new Secret("key")),
        Optional.empty(),
        Optional.empty(),
        Optional.of("127.0.0.1:1"),
        Optional.of("path"),
        Optional.of(false),
        scope);
  }
}
