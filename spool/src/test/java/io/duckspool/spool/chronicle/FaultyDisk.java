package io.duckspool.spool.chronicle;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The real disk, until a fault is due. Each countdown fails one call and, if asked, all later ones.
 */
final class FaultyDisk implements SpoolDisk {

  static final int NEVER = Integer.MAX_VALUE;

  private final SpoolDisk disk = new LocalDisk();
  final AtomicInteger forcesLeft = new AtomicInteger(NEVER);
  final AtomicInteger reservesLeft = new AtomicInteger(NEVER);
  final AtomicInteger forces = new AtomicInteger();
  volatile long usableBytes = Long.MAX_VALUE;

  /** Counts of forces after one failed: there must be none. */
  final AtomicInteger forcesAfterFailure = new AtomicInteger();

  private volatile boolean hasForceFailed;

  @Override
  public void force(FileChannel channel, boolean metadata) throws IOException {
    countForce();
    disk.force(channel, metadata);
  }

  @Override
  public void forceFolder(Path folder) throws IOException {
    countForce();
    disk.forceFolder(folder);
  }

  @Override
  public void reserve(Path file, long offset, long length) throws IOException {
    if (reservesLeft.get() != NEVER && reservesLeft.getAndDecrement() <= 0) {
      throw new IOException("No space left on device (injected)");
    }
    disk.reserve(file, offset, length);
  }

  @Override
  public void trim(Path file, long size) throws IOException {
    disk.trim(file, size);
  }

  @Override
  public long usableBytes(Path folder) {
    return usableBytes;
  }

  private void countForce() throws IOException {
    if (hasForceFailed) {
      forcesAfterFailure.incrementAndGet();
    }
    forces.incrementAndGet();
    if (forcesLeft.get() != NEVER && forcesLeft.getAndDecrement() == 0) {
      hasForceFailed = true;
      throw new IOException("Input/output error (injected)");
    }
  }
}
