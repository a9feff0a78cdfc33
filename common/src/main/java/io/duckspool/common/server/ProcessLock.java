package io.duckspool.common.server;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The operating system's lock that makes a process the only receiver, or the only writer, of a data
 * folder. The kernel frees it when the process dies, however it dies. The file holds one line,
 * {@code <pid> <run id>}, of the last holder.
 *
 * <p>Held until {@link #close()}, by one thread of the composition root.
 *
 * <p>Two bytes are locked. The first makes the holder the only one, and nobody else ever touches
 * it; the second tells those who ask that somebody is alive. An asker holds the second one for a
 * moment, which must not look like a second process to one that starts just then.
 *
 * <p>POSIX locks belong to the process and fall with <em>any</em> close of the file, so the locks
 * of this process are looked up in memory, and their files are not opened a second time.
 */
public final class ProcessLock implements AutoCloseable {

  private static final int MAX_LINE_BYTES = 256;

  /** Beyond the line, so that systems with mandatory locks let others read it. */
  private static final long OWNER_BYTE = 1L << 20;

  private static final long ALIVE_BYTE = OWNER_BYTE + 1;

  /** Locks of this process, by absolute path. */
  private static final Map<Path, Holder> OWN = new ConcurrentHashMap<>();

  private final Path file;
  private final FileChannel channel;

  private ProcessLock(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /** Who holds, or last held, a lock. */
  public record Holder(long pid, String runId) {}

  /**
   * Takes the lock, without waiting.
   *
   * @param file the lock file; made when missing, never deleted
   * @param process what holds it, for the message: {@code receiver} or {@code writer}
   * @param runId of this start of the process, without blanks
   * @throws LockedException when another process holds it; the message names its pid
   */
  public static ProcessLock take(Path file, String process, String runId) throws IOException {
    Path path = file.toAbsolutePath().normalize();
    Holder self = new Holder(ProcessHandle.current().pid(), runId);
    if (OWN.putIfAbsent(path, self) != null) {
      throw locked(process, path, Optional.of(self));
    }
    FileChannel channel = null;
    boolean taken = false;
    try {
      channel =
          FileChannel.open(
              path,
              Set.of(CREATE, READ, WRITE, NOFOLLOW_LINKS),
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      if (channel.tryLock(OWNER_BYTE, 1, false) == null) {
        throw locked(process, path, read(channel));
      }
      channel.truncate(0);
      String line = self.pid() + " " + runId + "\n";
      channel.write(ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8)), 0);
      // Waits at most for an asker, who is done in a moment.
      channel.lock(ALIVE_BYTE, 1, false);
      taken = true;
      return new ProcessLock(path, channel);
    } finally {
      if (!taken) {
        OWN.remove(path);
        if (channel != null) {
          channel.close();
        }
      }
    }
  }

  /**
   * Who holds the lock now; empty when nobody does.
   *
   * @throws IOException when the file can't be read
   */
  public static Optional<Holder> holder(Path file) throws IOException {
    Path path = file.toAbsolutePath().normalize();
    Holder own = OWN.get(path);
    if (own != null) {
      return Optional.of(own);
    }
    if (!Files.exists(path)) {
      return Optional.empty();
    }
    try (FileChannel channel = FileChannel.open(path, READ, WRITE)) {
      FileLock lock = channel.tryLock(ALIVE_BYTE, 1, true);
      if (lock != null) {
        lock.release();
        return Optional.empty();
      }
      return read(channel);
    }
  }

  /** Frees the lock; safe to call twice. */
  @Override
  public void close() throws IOException {
    if (channel.isOpen()) {
      channel.close();
      OWN.remove(file);
    }
  }

  private static LockedException locked(String process, Path file, Optional<Holder> holder) {
    return new LockedException(
        "another "
            + process
            + " ("
            + holder.map(h -> "pid " + h.pid()).orElse("an unknown pid")
            + ") runs on this data folder: "
            + file.getParent()
            + "; stop it, or choose another data folder");
  }

  private static Optional<Holder> read(FileChannel channel) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(MAX_LINE_BYTES);
    channel.read(buffer, 0);
    String[] words =
        new String(buffer.array(), 0, buffer.position(), StandardCharsets.UTF_8).strip().split(" ");
    if (words.length != 2 || !words[0].matches("[0-9]{1,18}")) {
      return Optional.empty();
    }
    return Optional.of(new Holder(Long.parseLong(words[0]), words[1]));
  }

  /** Another process holds the lock. */
  public static final class LockedException extends IOException {
    private static final long serialVersionUID = 1L;

    LockedException(String message) {
      super(message);
    }
  }
}
