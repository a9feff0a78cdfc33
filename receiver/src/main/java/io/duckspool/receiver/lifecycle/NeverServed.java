package io.duckspool.receiver.lifecycle;

import io.duckspool.common.server.AtomicFile;
import io.duckspool.common.server.ServerFile;
import io.duckspool.common.server.ServerFolder;
import io.duckspool.common.server.ServerState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes back servers that never listened: nothing was acked, so that nothing of them is to be kept.
 * Their spools are closed. Pure functions on a folder that nobody else uses.
 *
 * <p>If the process dies here, the server file is still there, and the next start begins again.
 */
final class NeverServed {

  private static final Logger LOG = LoggerFactory.getLogger(NeverServed.class);

  private NeverServed() {}

  /** Removes a server in state preparing, the ledger that the writer may have made included. */
  static void remove(ServerFolder folder, ServerFile file) throws IOException {
    // The first index is noted before the writer is asked for anything.
    if (file.firstIndex() > 0) {
      leaveToWriter(folder, file);
    } else {
      delete(folder);
    }
  }

  /** All that was accepted, nothing, is committed: the writer removes ledger and folder. */
  static void leaveToWriter(ServerFolder folder, ServerFile file) throws IOException {
    try {
      file.with(ServerState.DRAINED).write(folder);
    } catch (NoSuchFileException e) {
      if (Files.exists(folder.path())) {
        throw e;
      }
      // The writer saw it at once, and has taken the folder away.
      LOG.debug("{} is gone already", folder.name(), e);
    }
  }

  /** Deletes the folder of a server of which the writer has made nothing. */
  static void delete(ServerFolder folder) throws IOException {
    if (!Files.exists(folder.path())) {
      return;
    }
    List<Path> paths;
    try (Stream<Path> all = Files.walk(folder.path())) {
      paths = all.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : paths) {
      if (!path.equals(folder.serverFile()) && !path.equals(folder.path())) {
        Files.deleteIfExists(path);
      }
    }
    Files.deleteIfExists(folder.serverFile());
    Files.deleteIfExists(folder.path());
    Path parent = folder.path().getParent();
    if (parent != null) {
      AtomicFile.syncFolder(parent);
    }
  }
}
