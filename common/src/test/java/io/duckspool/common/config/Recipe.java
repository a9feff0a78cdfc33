package io.duckspool.common.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A way to a target as a page of docs/targets tells it, in both its forms: a configuration file,
 * and variables of the environment alone.
 *
 * @param page name of the page's file
 * @param heading what it stands under
 * @param yaml the file
 * @param variables the same as variables
 */
public record Recipe(String page, String heading, String yaml, Map<String, String> variables) {

  private static final Pattern PART = Pattern.compile("(?ms)^#+ ([^\n]+)$|^```(\\w+)\n(.*?)^```$");

  /** Copies the variables. */
  public Recipe {
    variables = Map.copyOf(variables);
  }

  /**
   * All recipes of the pages in a folder.
   *
   * @throws IllegalStateException a recipe lacks one of its forms
   */
  public static List<Recipe> in(Path folder) throws IOException {
    List<Recipe> recipes = new ArrayList<>();
    try (Stream<Path> pages = Files.list(folder)) {
      for (Path page : pages.filter(path -> path.toString().endsWith(".md")).sorted().toList()) {
        recipes.addAll(of(page));
      }
    }
    return recipes;
  }

  /**
   * The recipes of a page, each a block of YAML that is followed by one of variables.
   *
   * @throws IllegalStateException a recipe lacks one of its forms
   */
  public static List<Recipe> of(Path page) throws IOException {
    List<Recipe> recipes = new ArrayList<>();
    String name = page.getFileName().toString();
    String heading = "";
    String yaml = "";
    Matcher parts = PART.matcher(Files.readString(page));
    while (parts.find()) {
      if (parts.group(1) != null) {
        require(yaml.isEmpty(), name, heading, "has no variables");
        heading = parts.group(1);
      } else if (parts.group(2).equals("yaml")) {
        require(yaml.isEmpty(), name, heading, "has two files");
        yaml = parts.group(3);
      } else if (parts.group(2).equals("sh") && parts.group(3).startsWith("DUCKSPOOL_")) {
        require(!yaml.isEmpty(), name, heading, "has no file");
        recipes.add(new Recipe(name, heading, yaml, variables(parts.group(3))));
        yaml = "";
      }
    }
    require(yaml.isEmpty(), name, heading, "has no variables");
    require(!recipes.isEmpty(), name, heading, "has no recipe");
    return recipes;
  }

  /**
   * The recipe with this text in place of another one, in both forms.
   *
   * @throws IllegalStateException one of the forms doesn't have it
   */
  public Recipe with(String text, String instead) {
    require(yaml.contains(text), page, heading, "has no " + text + " in its file");
    Map<String, String> changed = new LinkedHashMap<>();
    variables.forEach((name, value) -> changed.put(name, value.replace(text, instead)));
    require(!changed.equals(variables), page, heading, "has no " + text + " in its variables");
    return new Recipe(page, heading, yaml.replace(text, instead), changed);
  }

  /** The recipe with another key in one of its secrets, in both forms. */
  public Recipe withSecretKey(String secret, String key, String value) {
    String start = secret + ": { ";
    require(yaml.contains(start), page, heading, "has no secret " + secret);
    Map<String, String> more = new LinkedHashMap<>(variables);
    more.put(("DUCKSPOOL_SECRETS_" + secret + "_" + key).toUpperCase(Locale.ROOT), value);
    return new Recipe(
        page, heading, yaml.replace(start, start + key + ": \"" + value + "\", "), more);
  }

  @Override
  public String toString() {
    return page + ", " + heading;
  }

  private static Map<String, String> variables(String block) {
    Map<String, String> variables = new TreeMap<>();
    block
        .lines()
        .forEach(
            line -> {
              int equals = line.indexOf('=');
              variables.put(line.substring(0, equals), line.substring(equals + 1));
            });
    return variables;
  }

  private static void require(boolean holds, String page, String heading, String problem) {
    if (!holds) {
      throw new IllegalStateException(page + ", " + heading + ": " + problem);
    }
  }
}
