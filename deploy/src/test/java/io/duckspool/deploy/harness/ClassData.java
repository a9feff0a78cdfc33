package io.duckspool.deploy.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/**
 * The classes of duckspool's processes, parsed and verified once for all the processes that the
 * tests start (class data sharing of the JVM, JEP 310): half of the CPU time of a start is that,
 * and the tests start hundreds. A JVM that can't use the archive does without.
 */
final class ClassData {
  private static Optional<Path> archive = Optional.empty();
  private static boolean isMade;

  private ClassData() {}

  /** JVM options that use the archive, which the first call makes; thread-safe. */
  static synchronized String options() {
    if (!isMade) {
      // First, since what makes it starts processes, too.
      isMade = true;
      archive = Optional.of(make());
    }
    return archive.map(file -> "-XX:SharedArchiveFile=" + file).orElse("");
  }

  /** Made by one of the JVMs that run tests side by side; the others wait for it. */
  private static Path make() {
    try {
      Path folder = Files.createDirectories(Distribution.module().resolve("target/class-data"));
      Path file = folder.resolve(name() + ".jsa");
      try (FileChannel lock =
              FileChannel.open(
                  folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          FileLock held = lock.lock()) {
        if (held.isValid() && !Files.exists(file)) {
          Path work = Files.createTempDirectory(folder, "made");
          try {
            write(work, file);
          } finally {
            Shell.run("rm", "-rf", work.toString());
          }
        }
      }
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Another one for each Java, each place, and each build: all jars have one fixed time. */
  private static String name() throws IOException {
    CRC32C crc = new CRC32C();
    crc.update(Distribution.environment("", "").toString().getBytes(StandardCharsets.UTF_8));
    try (Stream<Path> jars = Files.list(Distribution.launcher().resolveSibling("../lib"))) {
      for (Path jar : jars.filter(file -> file.toString().endsWith(".jar")).sorted().toList()) {
        crc.update(jar.toString().getBytes(StandardCharsets.UTF_8));
        if (jar.getFileName().toString().startsWith("duckspool-")) {
          crc.update(Files.readAllBytes(jar));
        }
      }
    }
    return Long.toHexString(crc.getValue());
  }

  private static void write(Path work, Path file) throws IOException {
    try (Rig rig = Rig.in(work)) {
      rig.writerOptions(list(work, "writer")).receiverOptions(list(work, "receiver")).start();
      if (!rig.isAccepted("a request")) {
        throw new AssertionError("the request is refused\n" + rig.logs());
      }
      rig.awaitCommitted();
      rig.launch("sql", list(work, "sql"), Map.of(), "SELECT 1").awaitExit(Rig.LIMIT);
      rig.stopReceiver();
      rig.stopWriter();
    }
    Path classes = work.resolve("classes");
    Files.write(classes, classes(work));
    Path made = work.resolve("made.jsa");
    String options = "-Xshare:dump -XX:SharedClassListFile=" + classes;
    Shell.Outcome outcome =
        Shell.outcome(
            List.of(Distribution.launcher().toString(), "writer"),
            Distribution.environment(options + " -XX:SharedArchiveFile=" + made, ""));
    if (outcome.exitCode() != 0 || !Files.exists(made)) {
      throw new AssertionError("no class data: " + outcome.output());
    }
    Files.move(made, file, StandardCopyOption.ATOMIC_MOVE);
  }

  private static String list(Path work, String name) {
    return "-XX:DumpLoadedClassList=" + work.resolve(name + ".list");
  }

  /** The classes of all lists; their ids, which differ, are of use only for other class loaders. */
  private static List<String> classes(Path work) throws IOException {
    TreeSet<String> classes = new TreeSet<>();
    for (String name : List.of("writer", "receiver", "sql")) {
      for (String line : Files.readAllLines(work.resolve(name + ".list"))) {
        if (!line.startsWith("#") && !line.contains(" source: ")) {
          classes.add(line.replaceFirst(" id: [0-9]+.*", ""));
        }
      }
    }
    return new ArrayList<>(classes);
  }
}
