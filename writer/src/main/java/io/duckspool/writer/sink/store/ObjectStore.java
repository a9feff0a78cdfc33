package io.duckspool.writer.sink.store;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Files below one root, by names with slashes. Small ones are read and replaced whole; large ones
 * are made elsewhere, and put under a name that nothing has yet.
 *
 * <p>Invariant: a file has all of its content from the moment its name is there. Thread-safe; calls
 * on one spool's files are made under its {@link #lock}. Closed by whoever opened it.
 */
public interface ObjectStore extends AutoCloseable {

  /**
   * A small file as it was read.
   *
   * @param content owned by this record
   * @param version tells this content from what replaces it
   */
  record Stored(String name, byte[] content, String version) {}

  /**
   * A large file that waits for its place.
   *
   * @param file where it is now; on disk, synced with its folders
   * @param name where it is to go
   * @param bytes its length
   */
  record Staged(Path file, String name, long bytes) {}

  /** Keeps others from the files of a spool until it is closed. */
  interface Lease extends AutoCloseable {
    @Override
    void close();
  }

  /** The root as DuckDB names it, without a slash at its end. */
  String location();

  /** Whether {@link #lock} keeps other processes out, too. */
  boolean hasLocks();

  /**
   * Keeps other threads of this process from the files of a spool, and other processes where the
   * store has locks. Blocks for other threads only; makes nothing that readers see.
   *
   * @throws BusyException another process has the lock
   */
  Lease lock(String spoolId) throws IOException;

  /** Reads a small file; empty when there is none. */
  Optional<Stored> read(String name) throws IOException;

  /**
   * Makes a small file, durable on return, with the folders it needs.
   *
   * @param content owned by what is returned
   * @return as a read would have it; empty when there is one with other content, which stays
   */
  Optional<Stored> create(String name, byte[] content) throws IOException;

  /**
   * Replaces a small file, durable on return, if it still is what was read.
   *
   * @param content borrowed until return
   * @return false when it isn't, or is gone; it stays as it is
   */
  boolean replace(Stored seen, byte[] content) throws IOException;

  /**
   * Removes a small file if it still is what was read, durable on return.
   *
   * @return false when it isn't, or is gone; it stays as it is
   */
  boolean clear(Stored seen) throws IOException;

  /** Removes a file, durable on return; does nothing when there is none. */
  void delete(String name) throws IOException;

  /** Length of a file; empty when there is none. */
  OptionalLong length(String name) throws IOException;

  /**
   * Does what needs room for large files, under names that nobody reads, so that a full disk stops
   * all of them before one has its place. May be repeated.
   */
  void bring(List<Staged> files) throws IOException;

  /**
   * Gives a large file its place, where nothing is. Where it was staged it may be gone afterwards.
   * Durable with the next {@link #sync}.
   */
  void place(Staged file) throws IOException;

  /** Makes the names of these files durable, and those of the folders they are in. */
  void sync(Collection<String> names) throws IOException;

  /**
   * Finds out what the store can do, by a small file that is there; says so in the log where that
   * is less than it should.
   *
   * @param content of that file, which stays as it is
   */
  void probe(String name, byte[] content) throws IOException;

  /** Removes folders that were made for these names and are empty now. Never fails. */
  void prune(Collection<String> names);

  /** Bytes that a file may have. */
  long maxFileBytes();

  @Override
  void close();

  /** Another process works on these files right now. */
  final class BusyException extends IOException {

    private static final long serialVersionUID = 1L;

    public BusyException(String message) {
      super(message);
    }
  }
}
