package io.duckspool.writer.sink;

import io.duckspool.common.server.AtomicFile;
import io.duckspool.writer.sink.store.IoGate;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where the files of one spool's seal are made before they get their places:
 *
 * <pre>
 * &lt;data&gt;/staging/&lt;spool id&gt;/&lt;random&gt;/   one folder an attempt, as DuckDB filled it
 * </pre>
 *
 * <p>If the process dies here: without an intent that names it, a folder is thrown away by the next
 * attempt. Used under the lock of the spool.
 */
final class Staging {

  private static final Logger LOG = LoggerFactory.getLogger(Staging.class);

  private final Path folder;
  private final IoGate gate;

  /**
   * @param stagingRoot absolute
   */
  Staging(Path stagingRoot, String spoolId, IoGate gate) {
    this.folder = stagingRoot.resolve(spoolId);
    this.gate = gate;
  }

  /** Makes a folder for an attempt, of which there is no other; durable. */
  Path begin() throws IOException {
    gate.pass("make staging");
    Path attempt = folder.resolve(UUID.randomUUID().toString());
    AtomicFile.createFolder(attempt);
    return attempt;
  }

  /** The folder of an attempt, present or not. */
  Path attempt(String name) {
    return folder.resolve(name);
  }

  /** All files of an attempt, sorted, as paths in its folder. */
  List<Path> files(Path attempt) throws IOException {
    gate.pass("list staging");
    try (Stream<Path> all = Files.walk(attempt)) {
      return all.filter(Files::isRegularFile).map(attempt::relativize).sorted().toList();
    }
  }

  /** Makes an attempt durable, its folders too: a file that an intent names must not vanish. */
  void sync(Path attempt) throws IOException {
    List<Path> paths;
    try (Stream<Path> all = Files.walk(attempt)) {
      paths = all.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : paths) {
      gate.pass("sync staged " + attempt.relativize(path));
      if (Files.isDirectory(path)) {
        AtomicFile.syncFolder(path);
      } else {
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ)) {
          file.force(true);
        }
      }
    }
  }

  /** Throws all attempts away. */
  void clear() throws IOException {
    if (Files.isDirectory(folder)) {
      gate.pass("clear staging");
      remove(folder);
    }
  }

  /** As {@link #clear}, for what the next attempt would throw away, too. */
  void clearQuietly() {
    try {
      clear();
    } catch (IOException e) {
      LOG.warn("{} can't be emptied now, the next attempt tries again", folder, e);
    }
  }

  /** Removes a folder with what is in it. */
  void remove(Path removed) throws IOException {
    List<Path> paths;
    try (Stream<Path> all = Files.walk(removed)) {
      paths = all.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : paths) {
      Files.deleteIfExists(path);
    }
  }
}
