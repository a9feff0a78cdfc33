package io.duckspool.receiver.lifecycle;

import io.duckspool.common.admin.ListenUri;
import io.duckspool.common.server.DataFolder;
import io.duckspool.common.server.ServerFolder;
import io.duckspool.receiver.ingest.ExportError;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Servers whose folders can't be understood: a {@code server.json} that is damaged, that may not be
 * read, or that a newer version wrote. Each is kept down, and said so, while the others serve;
 * nothing in its folder is touched. Looks at them again every few seconds, so that one that was
 * mended serves without a restart.
 *
 * <p>Thread-safe. Has a thread of its own from the first of them on, until {@link #close}.
 */
final class UnreadableServers implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(UnreadableServers.class);

  private static final long LOOK_MILLIS = 2_000;

  private final DataFolder data;
  private final Map<String, Unreadable> byName = new ConcurrentSkipListMap<>();
  private final ScheduledExecutorService looks =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "unreadable-servers");
            thread.setDaemon(true);
            return thread;
          });

  UnreadableServers(DataFolder data) {
    this.data = data;
  }

  /** A folder, and what is wrong with it. */
  record Unreadable(ServerFolder folder, String reason) {

    /** Where its server listened; empty when the folder has a name that no server has. */
    Optional<ListenUri> uri() {
      return ListenUri.ofFolderName(folder.name());
    }

    /** For people: what is wrong, and the ways out. */
    String message() {
      return reason
          + "; put the file back from a backup, or move the folder "
          + folder.path()
          + " away, with all that is not committed";
    }
  }

  /** Brings a server up, or throws what is wrong with it. */
  @FunctionalInterface
  interface Revival {
    void revive(ServerFolder folder) throws IOException;
  }

  /**
   * Tries to bring a server up, now and, while that fails, again and again.
   *
   * @param revival called by this thread now, by another one later
   */
  void attempt(ServerFolder folder, Revival revival) {
    if (!tryOnce(folder, revival)) {
      var unused =
          looks.schedule(() -> attempt(folder, revival), LOOK_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  private boolean tryOnce(ServerFolder folder, Revival revival) {
    Unreadable before = byName.get(folder.name());
    try {
      if (before == null || data.listServers().contains(folder)) {
        revival.revive(folder);
      }
      if (byName.remove(folder.name()) != null) {
        LOG.info("the server in {} is no longer unreadable, or is gone", folder.path());
      }
      return true;
    } catch (IOException e) {
      Unreadable now = new Unreadable(folder, String.valueOf(e.getMessage()));
      byName.put(folder.name(), now);
      if (!now.equals(before)) {
        LOG.error("the server in {} is kept down: {}", folder.path(), now.message(), e);
      }
      return false;
    }
  }

  /** All of them, by the names of their folders. */
  List<Unreadable> all() {
    return List.copyOf(byName.values());
  }

  /**
   * Passes where the folder of a URI can be understood, or there is none.
   *
   * @throws ExportError 409, with the ways out
   */
  void refuse(ListenUri uri) throws ExportError {
    Unreadable unreadable = byName.get(uri.folderName());
    if (unreadable != null) {
      throw ExportError.of(
          ExportError.Kind.CONFLICT, uri + " is kept down: " + unreadable.message());
    }
  }

  @Override
  public void close() {
    looks.shutdownNow();
  }
}
