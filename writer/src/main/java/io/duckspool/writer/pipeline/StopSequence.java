package io.duckspool.writer.pipeline;

import io.duckspool.common.fault.CrashPoint;
import io.duckspool.common.server.AtomicFile;
import io.duckspool.common.server.DataFolder;
import io.duckspool.common.server.ServerFile;
import io.duckspool.common.server.ServerFolder;
import io.duckspool.common.server.ServerState;
import io.duckspool.spool.CheckpointFile;
import io.duckspool.writer.sink.Sink;
import io.duckspool.writer.sink.SinkException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes a stopped server of which everything is committed, or which is discarded: {@code drained}
 * &rarr; quarantine to its place in the data folder &rarr; folder renamed &rarr; ledger row removed
 * &rarr; folder deleted, {@code server.json} last.
 *
 * <p>If the process dies here, the next start finds the state {@code drained}, or a folder among
 * those that go, and begins at that step: each can be repeated. The ledger row goes after the
 * folder has lost its name, so that no pipeline ever finds a spool without its ledger.
 *
 * <p>Used by one thread per server.
 */
final class StopSequence {

  private static final Logger LOG = LoggerFactory.getLogger(StopSequence.class);

  private final DataFolder data;

  StopSequence(DataFolder data) {
    this.data = data;
  }

  /**
   * Runs all steps for a server whose files are closed.
   *
   * @param folder in state stopping, with everything committed, or drained
   */
  void run(ServerFolder folder, Sink sink) throws IOException, SinkException {
    ServerFile server = ServerFile.read(folder);
    if (server.state() == ServerState.PREPARING || server.state() == ServerState.SERVING) {
      throw new IllegalStateException(server.listenUri() + " is not stopped: " + server.state());
    }
    if (server.state() != ServerState.DRAINED) {
      server.with(ServerState.DRAINED).write(folder);
    }
    CrashPoint.STOP_DRAINED.reached();
    moveQuarantine(folder, server.spoolId());
    CrashPoint.STOP_QUARANTINE_MOVED.reached();
    ServerFolder gone = data.gone(server.spoolId());
    Files.move(folder.path(), gone.path(), StandardCopyOption.ATOMIC_MOVE);
    AtomicFile.syncFolder(data.servers());
    CrashPoint.STOP_FOLDER_RENAMED.reached();
    finish(gone, sink);
    LOG.info("{}: stopped and removed", server.listenUri());
  }

  /** Runs the steps that are left for a folder that has been renamed. */
  void finish(ServerFolder gone, Sink sink) throws IOException, SinkException {
    removeLedger(gone, sink);
    CrashPoint.STOP_LEDGER_REMOVED.reached();
    delete(gone);
  }

  /**
   * The target of a discarded spool need not answer: the row that stays there harms nobody. Nor
   * need a target be there that was refused before the first entry: a row is hardly in it.
   */
  private static void removeLedger(ServerFolder gone, Sink sink) throws IOException, SinkException {
    String spoolId = ServerFile.read(gone).spoolId();
    try {
      boolean unused = sink.removeLedger(spoolId);
    } catch (SinkException e) {
      boolean isRefusedUnused = e instanceof SinkException.Refused && isUnused(gone);
      if (!isRefusedUnused && !FolderNote.discarded(gone).isSet()) {
        throw e;
      }
      LOG.warn("a ledger row of the removed spool {} may stay in {}", spoolId, sink.target(), e);
    }
  }

  /** Whether the spool never held an entry. */
  private static boolean isUnused(ServerFolder gone) throws IOException {
    return CheckpointFile.durable(gone.path(), false)
        .readDurable()
        .filter(mark -> mark.position().entries() > 0)
        .isEmpty();
  }

  /** Deletes a renamed folder whose ledger row is gone. */
  void delete(ServerFolder gone) throws IOException {
    List<Path> paths;
    try (Stream<Path> all = Files.walk(gone.path())) {
      paths = all.sorted(Comparator.reverseOrder()).toList();
    } catch (UncheckedIOException e) {
      // The pipeline and the scan of servers may delete one folder at the same time.
      throw new IOException("the folder changes while it is deleted: " + gone.path(), e);
    }
    Path discarded = FolderNote.discarded(gone).file();
    List<Path> last = List.of(gone.serverFile(), discarded, gone.path());
    for (Path path : paths) {
      if (!last.contains(path)) {
        Files.deleteIfExists(path);
      }
    }
    AtomicFile.syncFolder(gone.path());
    Files.deleteIfExists(gone.serverFile());
    Files.deleteIfExists(discarded);
    Files.deleteIfExists(gone.path());
    AtomicFile.syncFolder(data.servers());
  }

  private void moveQuarantine(ServerFolder folder, String spoolId) throws IOException {
    Path from = folder.quarantine();
    if (!Files.isDirectory(from)) {
      return;
    }
    Path to = data.quarantine().resolve(spoolId);
    AtomicFile.createFolder(to);
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.toList()) {
        Files.move(
            file,
            to.resolve(String.valueOf(file.getFileName())),
            StandardCopyOption.ATOMIC_MOVE,
            StandardCopyOption.REPLACE_EXISTING);
      }
    }
    AtomicFile.syncFolder(to);
    try {
      Files.delete(from);
    } catch (DirectoryNotEmptyException e) {
      throw new IOException("the quarantine could not be moved whole: " + from, e);
    }
    AtomicFile.syncFolder(folder.path());
    if (isEmpty(to)) {
      Files.delete(to);
    }
  }

  private static boolean isEmpty(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.findAny().isEmpty();
    }
  }
}
