package io.duckspool.writer.sink.store;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One lock a name, for the threads of this process. Locks stay, one for each spool that was ever
 * used. Thread-safe.
 */
final class ThreadLocks {

  private static final Map<String, ReentrantLock> LOCKS = new ConcurrentHashMap<>();

  private ThreadLocks() {}

  /** The lock of a name, of which there is one in the process. */
  static ReentrantLock of(String name) {
    return LOCKS.computeIfAbsent(name, key -> new ReentrantLock());
  }
}
