package io.duckspool.receiver.lifecycle;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.AdminException;
import io.duckspool.common.config.ServerConfig;
import io.duckspool.common.config.SpoolConfig;
import io.duckspool.common.server.ProcessLock;
import io.duckspool.common.server.ServerFile;
import io.duckspool.common.server.ServerFolder;
import io.duckspool.spool.Spool;
import io.duckspool.spool.SpoolException;
import io.duckspool.spool.SpoolOpenException;
import io.duckspool.spool.SpoolOptions;
import io.duckspool.spool.SyncMode;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens the spool of a server. Damaged metadata can only be repaired while nobody else has the
 * spool open: where an open fails, the writer is asked to let go of it.
 */
final class SpoolOpener {

  private static final Logger LOG = LoggerFactory.getLogger(SpoolOpener.class);

  private static final Duration RELEASE_TIMEOUT = Duration.ofSeconds(30);

  private final Environment environment;

  SpoolOpener(Environment environment) {
    this.environment = environment;
  }

  /**
   * Opens it; blocks for disk, and for the writer where it has to let go.
   *
   * @throws IOException when the writer holds the spool and doesn't let go; names its pid
   */
  Spool open(ServerFolder folder, ServerFile file)
      throws SpoolException, IOException, InterruptedException {
    try {
      return append(folder, file);
    } catch (SpoolOpenException e) {
      Optional<ProcessLock.Holder> writer = ProcessLock.holder(environment.data().writerLock());
      if (writer.isEmpty()) {
        throw e;
      }
      LOG.warn("{}: the writer is asked to let go of the spool", file.config().uri(), e);
      release(file, writer.get());
      return append(folder, file);
    }
  }

  /**
   * Has the writer let go of the spool, where one runs: until this receiver's mark is there, or for
   * a while.
   *
   * @throws IOException when the writer doesn't answer; names its pid
   */
  void releaseByWriter(ServerFile file) throws IOException, InterruptedException {
    Optional<ProcessLock.Holder> writer = ProcessLock.holder(environment.data().writerLock());
    if (writer.isPresent()) {
      release(file, writer.get());
    }
  }

  private void release(ServerFile file, ProcessLock.Holder writer)
      throws IOException, InterruptedException {
    try {
      environment.writer().release(new AdminApi.Release(file.spoolId()), RELEASE_TIMEOUT);
    } catch (IOException | AdminException e) {
      throw new IOException(
          "the spool of "
              + file.config().uri()
              + " can't be opened while the writer (pid "
              + writer.pid()
              + ") has it open: stop that process",
          e);
    }
  }

  private Spool append(ServerFolder folder, ServerFile file) throws SpoolException {
    return environment
        .store()
        .openForAppend(folder.path(), file.spoolId(), environment.runId(), options(file.config()));
  }

  private SpoolOptions options(ServerConfig server) {
    SpoolConfig spool = environment.config().spool();
    long maxEntryBytes = server.maxBodyBytes().bytes();
    return new SpoolOptions(
        switch (spool.sync()) {
          case GROUP -> SyncMode.GROUP;
          case OS -> SyncMode.OS;
        },
        spool.segmentBytes().bytes(),
        spool.segmentAge(),
        Math.max(spool.diskReserve().bytes(), 2 * maxEntryBytes),
        Math.toIntExact(maxEntryBytes));
  }
}
