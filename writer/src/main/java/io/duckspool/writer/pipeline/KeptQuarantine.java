package io.duckspool.writer.pipeline;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import io.duckspool.common.server.DataFolder;
import io.duckspool.common.server.ServerFile;
import io.duckspool.common.server.ServerFolder;
import io.duckspool.writer.quarantine.QuarantineStore;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * The quarantine that a stopped server left, held by one thread at a time: no pipeline owns it, so
 * a lock on a file does ({@code <data>/quarantine/.lock}, one for all). Closed by who opened it; an
 * empty one is removed then.
 */
final class KeptQuarantine implements AutoCloseable {

  private static final String LOCK = ".lock";
  private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  private final Path folder;
  private final FileChannel lock;
  private final QuarantineStore store;

  private KeptQuarantine(Path folder, FileChannel lock, QuarantineStore store) {
    this.folder = folder;
    this.lock = lock;
    this.store = store;
  }

  /** Why it can't be had. */
  static final class NotThereException extends Exception {
    private static final long serialVersionUID = 1L;

    private final boolean isForNow;

    NotThereException(String message, boolean isForNow) {
      super(message);
      this.isForNow = isForNow;
    }

    <T> Outcome<T> outcome() {
      String reason = String.valueOf(getMessage());
      return isForNow ? new Outcome.NotNow<>(reason) : new Outcome.Refused<>(reason);
    }
  }

  /**
   * Opens what is kept of a spool.
   *
   * @throws NotThereException there is no such quarantine, it is a server's, or somebody has it
   */
  static KeptQuarantine open(DataFolder data, String spoolId)
      throws IOException, NotThereException {
    if (!spoolId.matches("[0-9a-f]{32}")) {
      throw new NotThereException(
          "spool_id must be 32 lower-case hex characters, got " + spoolId, false);
    }
    Path folder = data.quarantine().resolve(spoolId);
    if (!Files.isDirectory(folder)) {
      throw new NotThereException("no quarantine is kept of spool " + spoolId, false);
    }
    for (ServerFolder server : data.listServers()) {
      if (ServerFile.read(server).spoolId().equals(spoolId)) {
        throw new NotThereException(
            "spool " + spoolId + " is of " + ServerFile.read(server).listenUri(), false);
      }
    }
    FileChannel lock =
        FileChannel.open(data.quarantine().resolve(LOCK), Set.of(CREATE, WRITE), OWNER_ONLY);
    boolean isOpen = false;
    try {
      if (lock.tryLock() == null) {
        throw busy();
      }
      KeptQuarantine kept = new KeptQuarantine(folder, lock, QuarantineStore.open(folder));
      isOpen = true;
      return kept;
    } catch (OverlappingFileLockException e) {
      throw busy();
    } finally {
      if (!isOpen) {
        lock.close();
      }
    }
  }

  private static NotThereException busy() {
    return new NotThereException("another call is at a kept quarantine, try again", true);
  }

  QuarantineStore store() {
    return store;
  }

  @Override
  public void close() throws IOException {
    try {
      Files.deleteIfExists(folder);
    } catch (DirectoryNotEmptyException e) {
      // Something is left in it, which is why it is kept.
      return;
    } finally {
      lock.close();
    }
  }
}
