package io.duckspool.receiver.lifecycle;

import io.duckspool.common.admin.AdminException;
import io.duckspool.spool.SpoolException;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one server listening: has it take the steps that are left, repeats with backoff those that
 * fail, and binds again a listener that fell. Has a thread of its own from {@link #start} to {@link
 * #end}.
 */
final class ServerKeeper {

  private static final Logger LOG = LoggerFactory.getLogger(ServerKeeper.class);

  private static final long WATCH_MILLIS = 1_000;

  private final ServerRunner server;
  private final Thread thread;
  private final CountDownLatch ending = new CountDownLatch(1);
  private volatile String lastError = "";

  ServerKeeper(ServerRunner server) {
    this.server = server;
    this.thread = new Thread(this::run, "server-" + server.folder().name());
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  /** Why the server doesn't listen; empty before the first failure and after a success. */
  String lastError() {
    return lastError;
  }

  void forgetError() {
    lastError = "";
  }

  /** Takes no further step; doesn't wait for the one under way. */
  void end() {
    ending.countDown();
  }

  /** Breaks off the step under way, and waits until it has ended. */
  void join() throws InterruptedException {
    ending.countDown();
    thread.interrupt();
    thread.join();
  }

  private void run() {
    Backoff backoff = new Backoff();
    try {
      while (true) {
        long waitMillis = WATCH_MILLIS;
        if (server.isListening() || advanceOrReport()) {
          backoff = new Backoff();
        } else {
          waitMillis = backoff.next().toMillis();
        }
        if (ending.await(waitMillis, TimeUnit.MILLISECONDS)) {
          return;
        }
      }
    } catch (InterruptedException e) {
      // Only join() interrupts, and it waits for this thread to end.
      Thread.currentThread().interrupt();
    }
  }

  /** True when nothing is left to do. */
  private boolean advanceOrReport() throws InterruptedException {
    try {
      if (server.closeFallen()) {
        lastError = "a listening socket fell";
        LOG.warn("{}: {}, it is bound again", server.uri(), lastError);
      }
      server.advance();
      return true;
    } catch (WriterAwayException e) {
      // No failure while both processes start.
      if (!lastError.equals(e.getMessage())) {
        lastError = String.valueOf(e.getMessage());
        LOG.info("{} waits: {}", server.uri(), lastError);
      }
      return false;
    } catch (IOException | SpoolException | AdminException | RuntimeException e) {
      String error = String.valueOf(e.getMessage());
      if (!error.equals(lastError)) {
        LOG.warn("{} doesn't listen, it is tried again: {}", server.uri(), error, e);
        lastError = error;
      }
      return false;
    }
  }
}
