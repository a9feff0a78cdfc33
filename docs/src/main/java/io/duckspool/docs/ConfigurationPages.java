package io.duckspool.docs;

import io.duckspool.common.config.ConfigKey;
import io.duckspool.common.config.ConfigKeys;
import io.duckspool.common.config.EnvironmentVariables;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Writes the configuration reference and the sample file from the table of keys. */
public final class ConfigurationPages {
  private static final String REFERENCE_HEAD =
      """
      # Configuration

      <!-- Made from the table of keys; regenerate with: mvn -pl docs -am test -Dtest='io/duckspool/docs/*Test' -Dsurefire.failIfNoSpecifiedTests=false -Ddocs.write=true -->

      One YAML file for both processes: `--config FILE`, else `./duckspool.yaml`, else the defaults below.
      A variable of the environment wins over the file, a flag over both.

      - **Sizes**: `64MiB`, `1GiB` (B, KiB, MiB, GiB, TiB), or a number of bytes. **Times**: `250ms`, `5s`, `2m`, `1h`, `1d`; keys that end in `_ms` take a number of milliseconds.
      - **Environment**: `DUCKSPOOL_` and the key in capitals, dots as `_`; lists by position (`DUCKSPOOL_SERVERS_0_URI`), maps by name (`DUCKSPOOL_CATALOGS_LAKE_TYPE`). A variable that is set to nothing counts as not set.
      - **Secrets**: where the table says so, `<key>_file` names a file that holds the value.
      - **Relative paths** start at the working directory.
      - **Mistakes**: an unknown key, a wrong type, a value out of bounds: all of them are reported at once, each with its file and line, its variable or its flag, and the process ends with exit code 2. A variable that begins with `DUCKSPOOL_` and belongs to no key is a mistake, too.

      """;

  private static final Map<String, String> SECTIONS = sections();

  private ConfigurationPages() {}

  private static Map<String, String> sections() {
    Map<String, String> sections = new LinkedHashMap<>();
    sections.put("data", "Data folder");
    sections.put("receiver", "Receiver");
    sections.put("writer", "Writer");
    sections.put("control", "Control ports");
    sections.put("spool", "Spool");
    sections.put("duckdb", "DuckDB");
    sections.put("log", "Logs");
    sections.put("servers", "Servers: a list");
    sections.put("catalogs", "Catalogs: a map by name (`[a-z0-9]+`)");
    sections.put("secrets", "Secrets: a map by name (`[a-z0-9]+`)");
    return sections;
  }

  /** The reference: a table of keys for each section, and the variables that aren't keys. */
  public static String reference() {
    StringBuilder page = new StringBuilder(REFERENCE_HEAD);
    SECTIONS.forEach(
        (section, title) -> {
          page.append("## ").append(title).append("\n\n");
          page.append("| key | type | default | what |\n|---|---|---|---|\n");
          keysOf(section).forEach(key -> appendRow(page, key));
          page.append('\n');
        });
    page.append("## Variables that aren't keys\n\n| variable | what |\n|---|---|\n");
    new TreeMap<>(EnvironmentVariables.NOT_KEYS)
        .forEach((name, what) -> page.append("| `" + name + "` | " + what + " |\n"));
    page.append(
        "\nVariables that Kubernetes makes for a service called `duckspool`"
            + " (`DUCKSPOOL_SERVICE_HOST`, `DUCKSPOOL_PORT_4318_TCP` ...) are ignored.\n");
    return page.toString();
  }

  /** The sample: every key with its default, commented out. */
  public static String sample() {
    StringBuilder file =
        new StringBuilder(
            """
            # duckspool's configuration, with every key and its default. Take the '#' away to change one.
            # The manual: docs/configuration.md.
            """);
    SECTIONS.forEach(
        (section, title) -> {
          file.append('\n');
          if (!section.equals("data")) {
            file.append("#").append(section).append(":\n");
          }
          String dash = section.equals("servers") ? "#  - " : "";
          String entry = "";
          for (ConfigKey<?> key : keysOf(section)) {
            if (section.equals("catalogs") || section.equals("secrets")) {
              if (entry.isEmpty()) {
                entry = section.equals("catalogs") ? "lake" : "bucket";
                file.append("#  ").append(entry).append(":\n");
              }
            }
            String name = key.name().substring(key.name().lastIndexOf('.') + 1);
            if (name.equals("**")) {
              name = "options";
            }
            String indent =
                section.equals("data")
                    ? "#"
                    : section.equals("servers") ? dash : entry.isEmpty() ? "#  " : "#    ";
            dash = dash.isEmpty() ? "" : "#    ";
            file.append(indent).append(name).append(":");
            file.append(isValue(key) ? " " + plain(key.defaultText()) : "");
            file.append(isValue(key) ? "" : "   # " + comment(key));
            file.append('\n');
          }
        });
    return file.toString();
  }

  private static List<ConfigKey<?>> keysOf(String section) {
    return ConfigKeys.all().stream()
        .filter(key -> key.name().matches(section + "($|[.\\[].*)"))
        .toList();
  }

  private static void appendRow(StringBuilder page, ConfigKey<?> key) {
    String type = key.typeText() + (key.boundsText().isEmpty() ? "" : ": " + key.boundsText());
    String fromFile = key.mayComeFromFile() ? " Also `" + lastWord(key) + "_file`." : "";
    page.append("| `" + key.name() + "` ")
        .append("| " + type + " ")
        .append("| " + defaultCell(key) + " ")
        .append("| " + key.description() + fromFile + " |\n");
  }

  private static String defaultCell(ConfigKey<?> key) {
    String text = key.defaultText();
    return isValue(key) || text.startsWith("<") ? "`" + text + "`" : text;
  }

  private static String lastWord(ConfigKey<?> key) {
    return key.name().substring(key.name().lastIndexOf('.') + 1);
  }

  /** True for a default that can be written into the file as it is. */
  private static boolean isValue(ConfigKey<?> key) {
    String text = key.defaultText();
    boolean isRule = text.equals("none") && !key.boundsText().contains("none");
    return !isRule && !text.equals("required") && text.matches("[A-Za-z0-9./:_-]+");
  }

  private static String comment(ConfigKey<?> key) {
    boolean isRequired = key.defaultText().equals("required");
    return isRequired ? "required" : "default: " + plain(key.defaultText());
  }

  private static String plain(String text) {
    return text.replace("`", "");
  }
}
