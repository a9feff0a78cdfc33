package io.duckspool.common.server;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;

import io.duckspool.common.fault.CrashPoint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * Files that are replaced whole: temporary name, sync, rename, sync of the folder.
 *
 * <p>If the process dies here, the file has its old content or its new content, never a mixture; a
 * leftover temporary file is overwritten by the next replacement. One writer at a time per file,
 * which the callers' locks ensure.
 */
public final class AtomicFile {

  private static final FileAttribute<Set<PosixFilePermission>> OWNER_FILE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
  private static final FileAttribute<Set<PosixFilePermission>> OWNER_FOLDER =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  private AtomicFile() {}

  /**
   * Replaces the content of a file, readable by its owner alone. Blocking; durable when it returns.
   *
   * @param content borrowed until return
   */
  public static void replace(Path file, byte[] content) throws IOException {
    Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
    try (FileChannel channel =
        FileChannel.open(
            temporary, Set.of(CREATE, WRITE, TRUNCATE_EXISTING, NOFOLLOW_LINKS), OWNER_FILE)) {
      ByteBuffer buffer = ByteBuffer.wrap(content);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
      CrashPoint.SERVER_FILE_WRITTEN.reached();
      channel.force(true);
    }
    CrashPoint.SERVER_FILE_SYNCED.reached();
    Files.move(temporary, file, ATOMIC_MOVE);
    CrashPoint.SERVER_FILE_RENAMED.reached();
    syncFolder(parentOf(file));
  }

  /** Makes the names in a folder durable: created, renamed and deleted files. */
  public static void syncFolder(Path folder) throws IOException {
    try (FileChannel channel = FileChannel.open(folder, READ)) {
      channel.force(true);
    }
  }

  /**
   * Creates a folder and its missing parents, for its owner alone, and makes their names durable.
   */
  public static void createFolder(Path folder) throws IOException {
    if (Files.isDirectory(folder)) {
      return;
    }
    Path parent = parentOf(folder);
    createFolder(parent);
    try {
      Files.createDirectory(folder, OWNER_FOLDER);
    } catch (java.nio.file.FileAlreadyExistsException e) {
      if (!Files.isDirectory(folder)) {
        throw e;
      }
    }
    syncFolder(parent);
  }

  private static Path parentOf(Path path) throws IOException {
    Path parent = path.toAbsolutePath().getParent();
    if (parent == null) {
      throw new IOException("no parent folder: " + path);
    }
    return parent;
  }
}
