package io.duckspool.spool.chronicle;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/** The calls on the disk that may fail by themselves; tests put faults here. */
interface SpoolDisk {

  /** Makes a file's content durable, with {@code metadata} its size and times too. */
  void force(FileChannel channel, boolean metadata) throws IOException;

  /** Makes the names in a folder durable. */
  void forceFolder(Path folder) throws IOException;

  /**
   * Allocates blocks for a range that nothing was written to, without changing the file's size.
   *
   * @throws IOException no room, or the file system can't; nothing was changed that matters
   */
  void reserve(Path file, long offset, long length) throws IOException;

  /** Gives back what is allocated behind {@code size}, which becomes the file's size. */
  void trim(Path file, long size) throws IOException;

  /** Free bytes for an unprivileged user. */
  long usableBytes(Path folder) throws IOException;
}
