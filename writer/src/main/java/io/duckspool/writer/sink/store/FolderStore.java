package io.duckspool.writer.sink.store;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;

import io.duckspool.common.server.AtomicFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Files in a folder. What is read and then replaced is fenced by an operating system's lock on
 * {@code _duckspool/<spool id>.lock}, held meanwhile: it keeps out every process that asks for it,
 * on this machine and, on a network file system with locks, on others; a process that dies loses
 * it. A file system without locks is refused by its error.
 *
 * <pre>
 * &lt;name&gt;          a file, whole and synced
 * .&lt;name&gt;.part    beside it, dots as _: its content on the way, from memory or another file system
 * </pre>
 *
 * <p>If the process dies here: a file is there whole or not at all; a part is written over by the
 * next attempt, or removed with its file.
 */
public final class FolderStore implements ObjectStore {

  private final Path root;
  private final String lockFolder;
  private final IoGate gate;

  /** Whether the root was not there before. */
  private volatile boolean isRootMade;

  /**
   * @param root absolute; made with the first file
   * @param lockFolder name of the folder below it that holds the locks
   */
  public FolderStore(Path root, String lockFolder, IoGate gate) {
    this.root = root;
    this.lockFolder = lockFolder;
    this.gate = gate;
  }

  @Override
  public String location() {
    return root.toString();
  }

  @Override
  public boolean hasLocks() {
    return true;
  }

  @Override
  public Lease lock(String spoolId) throws IOException {
    Path file = root.resolve(lockFolder).resolve(spoolId + ".lock");
    if (!Files.isDirectory(root.resolve(lockFolder))) {
      throw new IOException(root + " has no folder " + lockFolder + ": is its disk mounted?");
    }
    ReentrantLock threads = ThreadLocks.of(file.toString());
    threads.lock();
    @Nullable FileChannel channel = null;
    boolean isTaken = false;
    try {
      channel = FileChannel.open(file, Set.of(CREATE, WRITE));
      FileLock lock = channel.tryLock();
      if (lock == null) {
        throw new BusyException(
            "another process holds " + file + ": it commits the same spool right now");
      }
      isTaken = true;
      return lease(channel, threads);
    } catch (OverlappingFileLockException e) {
      throw new BusyException(
          "another writer in this process holds " + file + ": it commits the same spool right now");
    } catch (IOException e) {
      throw denied(e);
    } finally {
      if (!isTaken) {
        closeAndUnlock(channel, threads);
      }
    }
  }

  private static Lease lease(FileChannel channel, ReentrantLock threads) {
    return () -> closeAndUnlock(channel, threads);
  }

  private static void closeAndUnlock(@Nullable FileChannel channel, ReentrantLock threads) {
    try {
      if (channel != null) {
        channel.close(); // Which gives the lock back.
      }
    } catch (IOException e) {
      throw new UncheckedIOException("a lock can't be given back", e);
    } finally {
      threads.unlock();
    }
  }

  @Override
  public Optional<Stored> read(String name) throws IOException {
    gate.pass("read " + name);
    try {
      return Optional.of(new Stored(name, Files.readAllBytes(root.resolve(name)), ""));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw denied(e);
    }
  }

  @Override
  public Optional<Stored> create(String name, byte[] content) throws IOException {
    Optional<Stored> present = read(name);
    if (present.isPresent()) {
      return present.filter(other -> Arrays.equals(other.content(), content));
    }
    write(name, content);
    return Optional.of(new Stored(name, content, ""));
  }

  @Override
  public boolean replace(Stored seen, byte[] content) throws IOException {
    if (!isStill(seen)) {
      return false;
    }
    write(seen.name(), content);
    return true;
  }

  @Override
  public boolean clear(Stored seen) throws IOException {
    if (!isStill(seen)) {
      return false;
    }
    delete(seen.name());
    return true;
  }

  private boolean isStill(Stored seen) throws IOException {
    Optional<Stored> present = read(seen.name());
    return present.isPresent() && Arrays.equals(present.get().content(), seen.content());
  }

  private void write(String name, byte[] content) throws IOException {
    Path file = root.resolve(name);
    Path part = partOf(file);
    try {
      makeFolders(parentOf(file));
      gate.pass("write " + name);
      try (FileChannel channel = FileChannel.open(part, Set.of(CREATE, WRITE, TRUNCATE_EXISTING))) {
        ByteBuffer buffer = ByteBuffer.wrap(content);
        while (buffer.hasRemaining()) {
          channel.write(buffer);
        }
        channel.force(true);
      }
      gate.pass("rename to " + name);
      Files.move(part, file, ATOMIC_MOVE);
      gate.pass("sync " + name);
      AtomicFile.syncFolder(parentOf(file));
      gate.pass("written " + name);
    } catch (IOException e) {
      throw denied(e);
    }
  }

  @Override
  public void delete(String name) throws IOException {
    Path file = root.resolve(name);
    gate.pass("delete " + name);
    try {
      boolean isChanged = Files.deleteIfExists(partOf(file)) | Files.deleteIfExists(file);
      if (isChanged) {
        AtomicFile.syncFolder(parentOf(file));
      }
    } catch (IOException e) {
      throw denied(e);
    }
    gate.pass("deleted " + name);
  }

  @Override
  public OptionalLong length(String name) throws IOException {
    gate.pass("length of " + name);
    try {
      return OptionalLong.of(Files.size(root.resolve(name)));
    } catch (NoSuchFileException e) {
      return OptionalLong.empty();
    }
  }

  @Override
  public void bring(List<Staged> files) throws IOException {
    for (Staged staged : files) {
      Path folder = parentOf(root.resolve(staged.name()));
      makeFolders(folder);
      if (Files.getFileStore(staged.file()).equals(Files.getFileStore(folder))) {
        Files.deleteIfExists(partOf(root.resolve(staged.name()))); // Of an attempt that broke off.
      } else {
        copyBeside(staged);
      }
    }
  }

  @Override
  public void place(Staged staged) throws IOException {
    Path file = root.resolve(staged.name());
    gate.pass("place " + staged.name());
    if (Files.exists(file)) {
      throw new FileAlreadyExistsException(file + " is there already, with other content");
    }
    try {
      if (!Files.exists(partOf(file))) {
        try {
          Files.move(staged.file(), file, ATOMIC_MOVE);
          gate.pass("placed " + staged.name());
          return;
        } catch (AtomicMoveNotSupportedException e) {
          copyBeside(staged);
        }
      }
      Files.move(partOf(file), file, ATOMIC_MOVE);
    } catch (IOException e) {
      throw denied(e);
    }
    gate.pass("placed " + staged.name());
  }

  /** Copies a file next to its place; on disk when this returns. */
  private void copyBeside(Staged staged) throws IOException {
    Path part = partOf(root.resolve(staged.name()));
    gate.pass("copy " + staged.name());
    try (FileChannel from = FileChannel.open(staged.file(), READ);
        FileChannel to = FileChannel.open(part, Set.of(CREATE, WRITE, TRUNCATE_EXISTING))) {
      long done = 0;
      while (done < staged.bytes()) {
        long copied = from.transferTo(done, staged.bytes() - done, to);
        if (copied <= 0) {
          throw new IOException(staged.file() + " ends at " + done + " of " + staged.bytes());
        }
        done += copied;
      }
      gate.pass("sync copy of " + staged.name());
      to.force(true);
    }
  }

  @Override
  public void sync(Collection<String> names) throws IOException {
    Set<Path> folders = new TreeSet<>();
    for (String name : names) {
      for (Path folder = root.resolve(name).getParent();
          folder != null && folder.startsWith(root);
          folder = folder.getParent()) {
        folders.add(folder);
      }
    }
    for (Path folder : folders) {
      gate.pass("sync " + folder);
      AtomicFile.syncFolder(folder);
    }
    gate.pass("synced");
  }

  @Override
  public void probe(String name, byte[] content) {
    // Locks are there, or each use says that they aren't.
  }

  @Override
  public void prune(Collection<String> names) {
    for (String name : names) {
      for (Path folder = root.resolve(name).getParent();
          folder != null && folder.startsWith(root) && !folder.equals(root);
          folder = folder.getParent()) {
        if (!isRemovedIfEmpty(folder)) {
          break;
        }
      }
    }
    if (isRootMade && isRemovedIfEmpty(root)) {
      isRootMade = false;
    }
  }

  private static boolean isRemovedIfEmpty(Path folder) {
    try {
      return Files.deleteIfExists(folder);
    } catch (IOException e) {
      return false; // It holds something.
    }
  }

  @Override
  public long maxFileBytes() {
    return Long.MAX_VALUE;
  }

  @Override
  public void close() {
    // Nothing is open between calls.
  }

  /** Makes a folder and its missing parents, and makes their names durable. */
  private void makeFolders(Path folder) throws IOException {
    if (Files.isDirectory(folder)) {
      return;
    }
    Path parent = parentOf(folder);
    makeFolders(parent);
    try {
      Files.createDirectory(folder);
      isRootMade |= folder.equals(root);
    } catch (FileAlreadyExistsException e) {
      if (!Files.isDirectory(folder)) {
        throw new NotDirectoryException(folder.toString());
      }
    }
    AtomicFile.syncFolder(parent);
  }

  private static IOException denied(IOException e) {
    boolean isDenied =
        e instanceof AccessDeniedException
            || e instanceof NotDirectoryException
            || (e instanceof FileSystemException failure
                && "Read-only file system".equals(failure.getReason()));
    return isDenied ? new DeniedException(e.toString(), e) : e;
  }

  private static Path partOf(Path file) {
    // Without the dots of the name: no pattern for it must match this one.
    return file.resolveSibling("." + file.getFileName().toString().replace('.', '_') + ".part");
  }

  private static Path parentOf(Path path) throws IOException {
    Path parent = path.getParent();
    if (parent == null) {
      throw new NotDirectoryException(path.toString());
    }
    return parent;
  }
}
