package io.duckspool.deploy.scorecard;

import io.duckspool.deploy.harness.Distribution;
import io.duckspool.deploy.harness.Shell;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a run has tested.
 *
 * @param date of the run, ISO-8601, UTC
 * @param commit the checkout's, with a {@code +} when sources differ from it; or {@code none}
 * @param sources digest of the main sources of common, spool, receiver and writer, and of the names
 *     of the libraries beside them. Runs whose digests are equal have tested the same, whatever
 *     their commits, so the scorecard may join them
 */
record Origin(String date, String commit, String sources) {
  private static final List<String> MODULES = List.of("common", "spool", "receiver", "writer");
  private static final int DIGEST_CHARS = 12;

  static Origin now() {
    return new Origin(
        Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(), readCommit(), readSources());
  }

  /** Whether the commit is all that was tested. */
  boolean isCommitted() {
    return !commit.equals("none") && !commit.endsWith("+");
  }

  private static String readCommit() {
    Shell.Outcome head = git("rev-parse", "--short=12", "HEAD");
    if (head.exitCode() != 0) {
      return "none";
    }
    List<String> changes = new ArrayList<>(List.of("status", "--porcelain", "--"));
    MODULES.forEach(module -> changes.add(module + "/src/main"));
    Shell.Outcome changed = git(changes.toArray(String[]::new));
    return head.output().strip() + (changed.output().isBlank() ? "" : "+");
  }

  private static Shell.Outcome git(String... arguments) {
    List<String> line = new ArrayList<>(List.of("git", "-C", repository().toString()));
    line.addAll(List.of(arguments));
    return Shell.outcome(line, java.util.Map.of());
  }

  private static String readSources() {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (String module : MODULES) {
        Path sources = repository().resolve(module).resolve("src/main");
        for (Path file : files(sources)) {
          digest.update(name(repository().relativize(file)));
          digest.update(Files.readAllBytes(file));
        }
      }
      Path libraries = Distribution.launcher().resolve("../../lib").normalize();
      for (Path file : files(libraries)) {
        String name = libraries.relativize(file).toString();
        if (!name.startsWith("duckspool-")) {
          digest.update(name(Path.of(name)));
        }
      }
      return HexFormat.of().formatHex(digest.digest()).substring(0, DIGEST_CHARS);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] name(Path file) {
    return (file + "\n").getBytes(StandardCharsets.UTF_8);
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> found = Files.walk(folder)) {
      return found.filter(Files::isRegularFile).sorted().toList();
    }
  }

  private static Path repository() {
    return Distribution.module().getParent();
  }
}
