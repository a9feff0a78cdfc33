package io.duckspool.common.config;

import java.util.Comparator;
import java.util.Locale;

/** Says of an unknown key what may have been meant. */
final class KnownKeys {
  private static final int MAX_TYPOS = 3;

  private KnownKeys() {}

  static String explain(String unknown) {
    if (unknown.matches("(catalogs|secrets)\\.[^.]*[^a-z0-9.][^.]*(\\..*)?")) {
      return "unknown key: names of catalogs and secrets are of a-z and 0-9";
    }
    String pattern = unknown.replaceAll("\\[[0-9]+\\]", "[*]");
    return ConfigKeys.all().stream()
        .map(key -> key.name())
        .min(Comparator.comparingInt(name -> distance(name, pattern)))
        .filter(name -> distance(name, pattern) <= MAX_TYPOS)
        .map(name -> "unknown key; did you mean " + name + "?")
        .orElse("unknown key");
  }

  /** Levenshtein's distance, case ignored. */
  private static int distance(String left, String right) {
    String a = left.toLowerCase(Locale.ROOT);
    String b = right.toLowerCase(Locale.ROOT);
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int substituted = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(substituted, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }
}
