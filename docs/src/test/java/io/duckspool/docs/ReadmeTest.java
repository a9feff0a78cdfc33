package io.duckspool.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class ReadmeTest {
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#:]+)\\)");
  private static final Pattern SHELL_BLOCK = Pattern.compile("(?s)```sh\n(.*?)```");

  @Test
  void theReadme_hasExactlyTwoCommandsToStartWith() throws IOException {
    String section = section("## Two commands");
    assertEquals(List.of("deploy/bin/duckspool up", "deploy/bin/test-all"), shellLines(section));
    assertTrue(Files.isExecutable(Repository.path("deploy/bin/duckspool")));
    assertTrue(Files.isExecutable(Repository.path("deploy/bin/test-all")));
  }

  @Test
  void theFirstShellBlocks_areThoseTwo() throws IOException {
    List<String> all = shellLines(Repository.read("README.md"));
    assertEquals("deploy/bin/duckspool up", all.get(0));
    assertEquals("deploy/bin/test-all", all.get(1));
  }

  @Test
  void continuousIntegration_runsTheSecondCommand() throws IOException {
    assertTrue(Repository.read(".ci/run").contains("deploy/bin/test-all"));
    assertTrue(Files.isExecutable(Repository.path(".ci/run")));
  }

  @Test
  void everyLink_leadsToAFile() throws IOException {
    List<String> broken = new ArrayList<>();
    List<Path> pages = new ArrayList<>(List.of(Repository.path("README.md")));
    try (Stream<Path> docs = Files.walk(Repository.path("docs"))) {
      docs.filter(page -> page.toString().endsWith(".md")).forEach(pages::add);
    }
    for (Path page : pages) {
      Matcher links = LINK.matcher(Files.readString(page));
      while (links.find()) {
        if (!Files.exists(page.resolveSibling(links.group(1)))) {
          broken.add(page.getFileName() + ": " + links.group(1));
        }
      }
    }
    assertEquals(List.of(), broken);
  }

  private static String section(String heading) throws IOException {
    String text = Repository.read("README.md");
    int start = text.indexOf(heading + "\n");
    assertTrue(start >= 0, "no " + heading);
    int end = text.indexOf("\n## ", start + heading.length());
    return text.substring(start, end);
  }

  private static List<String> shellLines(String text) {
    List<String> lines = new ArrayList<>();
    Matcher blocks = SHELL_BLOCK.matcher(text);
    while (blocks.find()) {
      blocks.group(1).lines().filter(line -> !line.isBlank()).forEach(lines::add);
    }
    return lines;
  }
}
