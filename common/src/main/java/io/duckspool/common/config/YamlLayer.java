package io.duckspool.common.config;

import io.smallrye.config.ConfigValue;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * A YAML file as flat keys, each with its line. It walks the node tree rather than loading objects,
 * because only nodes know their lines, and because a scalar's text is kept as written ({@code 0600}
 * stays {@code 0600}).
 */
final class YamlLayer {
  private static final int ORDINAL = 100;
  // Our deepest key has four levels; an alias that contains itself would never end.
  private static final int MAX_DEPTH = 8;

  private final String name;
  private final List<ConfigProblem> problems;
  private final Map<String, ConfigValue> values = new HashMap<>();

  private YamlLayer(String name, List<ConfigProblem> problems) {
    this.name = name;
    this.problems = problems;
  }

  /** Reads a file; what is wrong with its syntax is added to the problems. */
  static Layer read(Path file, List<ConfigProblem> problems) {
    YamlLayer layer = new YamlLayer(file.toString(), problems);
    try {
      layer.readText(Files.readString(file, StandardCharsets.UTF_8));
    } catch (NoSuchFileException e) {
      problems.add(new ConfigProblem("(file)", file.toString(), "there is no such file"));
    } catch (IOException e) {
      problems.add(new ConfigProblem("(file)", file.toString(), "can't be read: " + e));
    }
    return new Layer(layer.name, layer.values, ORDINAL);
  }

  private void readText(String text) {
    LoaderOptions options = new LoaderOptions();
    options.setMaxAliasesForCollections(50);
    try {
      Node root = new Yaml(options).compose(new StringReader(text));
      if (root == null || isNull(root)) {
        return;
      }
      if (root instanceof MappingNode mapping) {
        flatten("", mapping, 0);
      } else {
        problem("(file)", root, "expected a mapping of keys to values at the top");
      }
    } catch (MarkedYAMLException e) {
      int line = e.getProblemMark() == null ? 1 : e.getProblemMark().getLine() + 1;
      problems.add(new ConfigProblem("(file)", name + ":" + line, "not YAML: " + e.getProblem()));
    } catch (YAMLException e) {
      problems.add(new ConfigProblem("(file)", name, "not YAML: " + e.getMessage()));
    }
  }

  private void flatten(String key, @Nullable Node node, int depth) {
    if (node == null || isNull(node)) {
      return;
    }
    if (depth > MAX_DEPTH) {
      problem(key, node, "nested too deeply");
    } else if (node instanceof MappingNode mapping) {
      for (NodeTuple tuple : mapping.getValue()) {
        flattenEntry(key, tuple, depth);
      }
    } else if (node instanceof SequenceNode sequence) {
      for (int i = 0; i < sequence.getValue().size(); i++) {
        flatten(key + "[" + i + "]", sequence.getValue().get(i), depth + 1);
      }
    } else if (node instanceof ScalarNode scalar) {
      ConfigValue value =
          ConfigValue.builder()
              .withName(key)
              .withValue(scalar.getValue())
              .withRawValue(scalar.getValue())
              .withConfigSourceName(name)
              .withConfigSourceOrdinal(ORDINAL)
              .withLineNumber(lineOf(node))
              .build();
      ConfigValue earlier = values.put(key, value);
      if (earlier != null) {
        problem(key, node, "given twice; first in line " + earlier.getLineNumber());
      }
    }
  }

  private void flattenEntry(String parent, NodeTuple tuple, int depth) {
    if (!(tuple.getKeyNode() instanceof ScalarNode scalar)) {
      problem(parent, tuple.getKeyNode(), "a key must be a plain word");
      return;
    }
    String key = parent.isEmpty() ? scalar.getValue() : parent + "." + scalar.getValue();
    flatten(key, tuple.getValueNode(), depth + 1);
  }

  private void problem(String key, Node node, String message) {
    problems.add(new ConfigProblem(key, name + ":" + lineOf(node), message));
  }

  private static int lineOf(Node node) {
    return node.getStartMark().getLine() + 1;
  }

  private static boolean isNull(Node node) {
    return node.getTag().equals(Tag.NULL);
  }
}
