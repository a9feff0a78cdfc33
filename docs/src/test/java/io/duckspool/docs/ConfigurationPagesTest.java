package io.duckspool.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.config.ConfigKey;
import io.duckspool.common.config.ConfigKeys;
import io.duckspool.common.config.ConfigLoader;
import io.duckspool.common.config.ConfigLoader.Role;
import io.duckspool.common.config.DuckspoolConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ConfigurationPagesTest {
  @TempDir Path folder;

  @Test
  void theReference_isWhatTheTableOfKeysSays() throws IOException {
    Repository.assertMade("docs/configuration.md", ConfigurationPages.reference());
  }

  @Test
  void theSampleFile_isWhatTheTableOfKeysSays() throws IOException {
    Repository.assertMade("deploy/conf/duckspool.yaml", ConfigurationPages.sample());
  }

  @Test
  void theReference_hasEveryKey() {
    for (ConfigKey<?> key : ConfigKeys.all()) {
      assertTrue(
          ConfigurationPages.reference().contains("| `" + key.name() + "` |"), key.toString());
    }
  }

  @Test
  void theSampleFile_changesNothing_asItIs() throws Exception {
    assertEquals(new ConfigLoader(Role.TOOL).load(), loaded(ConfigurationPages.sample()));
  }

  /** Every constant default of the manual, written out, is the default that the code has. */
  @Test
  void theSampleFile_changesNothing_withTheCommentsTakenAway() throws Exception {
    String active =
        ConfigurationPages.sample()
            .lines()
            .filter(line -> line.matches("#( *-? *[a-z_0-9]+:.*)"))
            .map(line -> line.substring(1))
            .takeWhile(line -> !line.startsWith("catalogs:"))
            .collect(Collectors.joining("\n"));
    DuckspoolConfig defaults =
        new ConfigLoader(Role.TOOL).flag("servers[0].schema", "main", "--schema").load();
    assertEquals(defaults, loaded(active));
  }

  private DuckspoolConfig loaded(String yaml) throws Exception {
    Path file = Files.writeString(folder.resolve("duckspool.yaml"), yaml);
    return new ConfigLoader(Role.TOOL).file(file).load();
  }
}
