package io.duckspool.deploy.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher script, with a Java that only says its version and how it was called. */
final class LauncherTest {
  private static final Path SCRIPT =
      Path.of(System.getProperty("basedir", "")).toAbsolutePath().resolve("bin/duckspool");

  @TempDir Path folder;
  private Path launcher = SCRIPT;

  @BeforeEach
  void layOutADistribution() throws IOException {
    Files.createDirectories(folder.resolve("home/bin"));
    Files.createDirectories(folder.resolve("home/lib"));
    launcher = Files.copy(SCRIPT, folder.resolve("home/bin/duckspool"));
  }

  @Test
  void aMissingJava_isOneClearLine() throws Exception {
    Outcome outcome = run(Map.of("JAVA_HOME", folder.resolve("nowhere").toString()), "version");
    assertEquals(1, outcome.exitCode());
    assertEquals(
        "duckspool: needs Java 17 or newer: JAVA_HOME is "
            + folder.resolve("nowhere")
            + ", which has no bin/java\n",
        outcome.output());
  }

  @Test
  void anOldJava_isOneClearLine() throws Exception {
    for (String version : List.of("1.8.0_392", "11.0.20", "16.0.2")) {
      Path java = java(version);
      Outcome outcome = run(Map.of("JAVA_HOME", java.toString()), "version");
      assertEquals(1, outcome.exitCode());
      assertTrue(
          outcome.output().startsWith("duckspool: needs Java 17 or newer: " + java),
          outcome.output());
      assertEquals(1, outcome.output().lines().count());
    }
  }

  @Test
  void java17_getsNoFlagThatItDoesNotKnow_andJava25ThoseItWants() throws Exception {
    String on17 = run(Map.of("JAVA_HOME", java("17.0.9").toString()), "receiver").output();
    String on25 = run(Map.of("JAVA_HOME", java("25").toString()), "receiver").output();
    for (String output : List.of(on17, on25)) {
      assertTrue(output.contains("--add-opens=java.base/java.nio=ALL-UNNAMED"), output);
      assertTrue(output.contains("--add-exports=java.base/sun.nio.ch=ALL-UNNAMED"), output);
      assertTrue(output.contains("io.duckspool.deploy.Main receiver"), output);
    }
    assertTrue(!on17.contains("sun-misc-unsafe") && !on17.contains("native-access"), on17);
    assertTrue(on25.contains("--sun-misc-unsafe-memory-access=allow"), on25);
    assertTrue(on25.contains("--enable-native-access=ALL-UNNAMED"), on25);
  }

  @Test
  void heaps_areSetByProcess_andJavaOptionsWin() throws Exception {
    String java = java("17").toString();
    assertTrue(run(Map.of("JAVA_HOME", java), "receiver").output().contains("-Xmx512m"));
    assertTrue(run(Map.of("JAVA_HOME", java), "writer").output().contains("-Xmx1g"));
    String output =
        run(
                Map.of(
                    "JAVA_HOME", java,
                    "DUCKSPOOL_WRITER_HEAP", "3g",
                    "DUCKSPOOL_JAVA_OPTS", "-Xmx4g -Dx=y"),
                "writer")
            .output();
    assertTrue(output.matches("(?s).*-Xmx3g.* -Xmx4g -Dx=y .*"), output);
  }

  @Test
  void aLinkToTheLauncher_findsItsDistribution() throws Exception {
    launcher = Files.createSymbolicLink(folder.resolve("duckspool"), launcher);
    Outcome outcome = run(Map.of("JAVA_HOME", java("21").toString()), "version");
    assertEquals(0, outcome.exitCode(), outcome.output());
    assertTrue(outcome.output().contains("home/lib/*"), outcome.output());
  }

  @Test
  void whatTheProcessesCreate_isTheirOwnersAlone() throws Exception {
    Path java = java("17");
    Files.writeString(java.resolve("bin/java"), "umask\n", StandardOpenOption.APPEND);
    Outcome outcome = run(Map.of("JAVA_HOME", java.toString()), "writer");
    assertTrue(outcome.output().endsWith("\n0077\n"), outcome.output());
  }

  @Test
  void theWriter_givesFreedMemoryBack_asFarAsItsUserSaysNothingElse() throws Exception {
    Path java = java("17");
    Files.writeString(
        java.resolve("bin/java"),
        "echo $MALLOC_MMAP_THRESHOLD_ $MALLOC_TRIM_THRESHOLD_\n",
        StandardOpenOption.APPEND);
    Map<String, String> own = new HashMap<>(Map.of("JAVA_HOME", java.toString()));
    Outcome outcome = run(own, "writer");
    assertTrue(outcome.output().endsWith("\n131072 131072\n"), outcome.output());
    own.put("MALLOC_TRIM_THRESHOLD_", "1048576");
    outcome = run(own, "writer");
    assertTrue(outcome.output().endsWith("\n131072 1048576\n"), outcome.output());
  }

  /** A Java that answers {@code -version} with this version, and else prints its arguments. */
  private Path java(String version) throws IOException {
    Path home = folder.resolve("java-" + version);
    Path java = home.resolve("bin/java");
    Files.createDirectories(home.resolve("bin"));
    Files.writeString(
        java,
        """
        #!/bin/sh
        if [ "$1" = -version ]; then
          echo 'openjdk version "%s" 2024-01-01' >&2
        else
          echo "$@"
        fi
        """
            .formatted(version));
    Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
    return home;
  }

  private Outcome run(Map<String, String> environment, String... arguments) throws Exception {
    ProcessBuilder builder = new ProcessBuilder();
    builder.command().add(launcher.toString());
    builder.command().addAll(List.of(arguments));
    builder.redirectErrorStream(true);
    Map<String, String> own = new HashMap<>(environment);
    own.putIfAbsent("DUCKSPOOL_JAVA_OPTS", "");
    builder.environment().putAll(own);
    Process process = builder.start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    return new Outcome(process.exitValue(), output);
  }

  private record Outcome(int exitCode, String output) {}
}
