package io.duckspool.common.net;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Ports for the servers of tests, which listen, are stopped, and listen there again.
 *
 * <p>Never one that the kernel may give to an outgoing connection in between, as it may any that a
 * bind to port 0 returns: those begin at 32,768 (ip_local_port_range of Linux). Nor one that
 * another JVM with tests has taken, though nobody listens there for the moment: a taken port is a
 * locked byte of one file, until the JVM ends.
 */
public final class FreePort {

  private static final int FIRST = 10_240;
  private static final int COUNT = 32_768 - FIRST;
  private static final AtomicInteger NEXT =
      new AtomicInteger(ThreadLocalRandom.current().nextInt(COUNT));
  private static final FileChannel TAKEN = openTaken();

  /** Held for good. */
  private static final Collection<FileLock> LOCKS = new ConcurrentLinkedQueue<>();

  private FreePort() {}

  /** Another port at each call, free on both loopback addresses, or on the one that there is. */
  public static int take() {
    for (int i = 0; i < COUNT; i++) {
      int port = FIRST + Math.floorMod(NEXT.getAndIncrement(), COUNT);
      if (isFree("127.0.0.1", port) && isFree("::1", port) && isLocked(port)) {
        return port;
      }
    }
    throw new IllegalStateException("no free port");
  }

  private static FileChannel openTaken() {
    try {
      return FileChannel.open(
          Path.of(System.getProperty("java.io.tmpdir"), "duckspool-test-ports"),
          StandardOpenOption.CREATE,
          StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether the port is this JVM's from now on. */
  private static boolean isLocked(int port) {
    try {
      FileLock lock = TAKEN.tryLock(port, 1, false);
      return lock != null && LOCKS.add(lock);
    } catch (OverlappingFileLockException e) {
      return false;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isFree(String address, int port) {
    try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getByName(address))) {
      return socket.isBound();
    } catch (SocketException e) {
      // No such address, or no IPv6 at all: then nobody listens there either.
      return address.contains(":") && !String.valueOf(e.getMessage()).contains("in use");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
