package io.duckspool.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.config.ConfigLoader;
import io.duckspool.common.config.ConfigLoader.Role;
import io.duckspool.common.config.DuckspoolConfig;
import io.duckspool.common.config.Recipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** The recipes of docs/targets. */
final class TargetPagesTest {
  private static final Pattern SECRET_FILE = Pattern.compile("/run/secrets/[a-z0-9]+");

  @TempDir Path folder;

  @TestFactory
  Stream<DynamicTest> fileAndVariables_comeToTheSameConfiguration() throws IOException {
    return recipes().stream()
        .map(recipe -> DynamicTest.dynamicTest(recipe.toString(), () -> assertSame(recipe)));
  }

  @Test
  void eachKindOfTarget_hasItsRecipes() throws IOException {
    assertEquals(
        Set.of("duckdb.md", "ducklake.md", "iceberg.md", "parquet.md"),
        recipes().stream().map(Recipe::page).collect(Collectors.toSet()));
    assertEquals(9, recipes().size(), () -> "run each by RecipeIT, or say that it isn't");
  }

  @Test
  void whatNoTestRunsAgainstItsVendor_saysSo() throws IOException {
    String page = Repository.read("docs/targets/iceberg.md");
    for (String heading : List.of("## Amazon S3 Tables", "## Cloudflare R2 Data Catalog")) {
      int start = page.indexOf(heading);
      assertTrue(start > 0, heading);
      String section = page.substring(start, page.indexOf("\n## ", start + 1));
      assertTrue(section.contains("Not run against the vendor"), heading);
    }
  }

  private static List<Recipe> recipes() throws IOException {
    return Recipe.in(Repository.path("docs/targets"));
  }

  private void assertSame(Recipe recipe) throws Exception {
    Recipe here = recipe;
    Set<String> secretFiles = new TreeSet<>();
    for (Matcher file = SECRET_FILE.matcher(recipe.yaml()); file.find(); ) {
      secretFiles.add(file.group());
    }
    for (String file : secretFiles) {
      Path value = folder.resolve(Path.of(file).getFileName());
      here = here.with(file, Files.writeString(value, "the " + value.getFileName()).toString());
    }
    Path file = Files.writeString(folder.resolve("duckspool.yaml"), here.yaml());
    DuckspoolConfig fromFile = new ConfigLoader(Role.TOOL).file(file).load();
    DuckspoolConfig fromVariables =
        new ConfigLoader(Role.TOOL).environment(here.variables()).load();
    assertEquals(fromFile, fromVariables);
    assertEquals(1, fromFile.servers().size());
  }
}
