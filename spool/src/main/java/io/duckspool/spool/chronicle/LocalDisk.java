package io.duckspool.spool.chronicle;

import static java.nio.file.StandardOpenOption.WRITE;

import io.duckspool.common.server.AtomicFile;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The real disk. Java can't allocate blocks ahead, so util-linux {@code fallocate} does it, a few
 * milliseconds a call; without it zeros are written, which costs bandwidth. Thread-safe.
 */
final class LocalDisk implements SpoolDisk {

  private static final Logger LOG = LoggerFactory.getLogger(LocalDisk.class);
  private static final int ZEROS_BYTES = 1 << 20;

  /** A disk that takes longer for blocks that it need not write is no good any more: a guess. */
  private static final Duration FALLOCATE_TIMEOUT = Duration.ofMinutes(1);

  private final String fallocate;
  private final Duration timeout;
  private volatile boolean hasFallocate = true;

  /** Finding the store of a folder reads all mounts; asking a known one is a single statvfs. */
  private final Map<Path, FileStore> stores = new ConcurrentHashMap<>();

  LocalDisk() {
    this("fallocate", FALLOCATE_TIMEOUT);
  }

  /**
   * @param fallocate the program
   * @param timeout how long a call of it may take
   */
  LocalDisk(String fallocate, Duration timeout) {
    this.fallocate = fallocate;
    this.timeout = timeout;
  }

  @Override
  public void force(FileChannel channel, boolean metadata) throws IOException {
    channel.force(metadata);
  }

  @Override
  public void forceFolder(Path folder) throws IOException {
    AtomicFile.syncFolder(folder);
  }

  @Override
  public void reserve(Path file, long offset, long length) throws IOException {
    if (hasFallocate) {
      try {
        fallocate(file, offset, length);
        return;
      } catch (NoFallocateException e) {
        hasFallocate = false;
        LOG.warn("spool space is reserved by writing zeros: {}", e.getMessage());
      }
    }
    writeZeros(file, offset, length);
  }

  @Override
  public void trim(Path file, long size) throws IOException {
    try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
      if (open.length() <= size) {
        // Blocks may be allocated behind the end: only a real truncation gives them back.
        open.setLength(size + 1);
      }
      open.setLength(size);
    }
  }

  @Override
  public long usableBytes(Path folder) throws IOException {
    FileStore store = stores.get(folder);
    if (store == null) {
      store = Files.getFileStore(folder);
      stores.put(folder, store);
    }
    return store.getUsableSpace();
  }

  private void fallocate(Path file, long offset, long length) throws IOException {
    ProcessBuilder command =
        new ProcessBuilder(
                fallocate,
                "--keep-size",
                "--offset",
                Long.toString(offset),
                "--length",
                Long.toString(length),
                file.toString())
            .redirectErrorStream(true);
    // Its message is read below, so it must not be a translated one.
    command.environment().put("LC_ALL", "C");
    Process process;
    try {
      process = command.start();
    } catch (IOException e) {
      throw new NoFallocateException("fallocate can't be started: " + e.getMessage(), e);
    }
    process.getOutputStream().close();
    // One that hangs ends no output either; what it says fits into the pipe.
    int status = awaitExit(process, file);
    if (status == 0) {
      return;
    }
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    String message = "fallocate of " + length + " bytes for " + file + ": " + output.strip();
    if (output.contains("not supported") || output.contains("unrecognized option")) {
      throw new NoFallocateException(message, new IOException("exit status " + status));
    }
    throw new IOException(message);
  }

  private int awaitExit(Process process, Path file) throws IOException {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
            process.destroyForcibly();
            throw new IOException("fallocate took over " + timeout + " for " + file);
          }
          return process.exitValue();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static void writeZeros(Path file, long offset, long length) throws IOException {
    ByteBuffer zeros = ByteBuffer.allocateDirect((int) Math.min(length, ZEROS_BYTES));
    try (FileChannel channel = FileChannel.open(file, WRITE)) {
      long at = offset;
      long end = offset + length;
      while (at < end) {
        zeros.clear().limit((int) Math.min(zeros.capacity(), end - at));
        at += channel.write(zeros, at);
      }
    }
  }

  /** This machine or file system has no way to allocate ahead. */
  private static final class NoFallocateException extends IOException {
    private static final long serialVersionUID = 1L;

    NoFallocateException(String message, Throwable cause) {
      super(message, cause);
    }
  }
}
