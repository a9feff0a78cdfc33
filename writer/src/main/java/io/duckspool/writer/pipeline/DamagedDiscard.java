package io.duckspool.writer.pipeline;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.server.ServerFile;
import io.duckspool.common.server.ServerFolder;
import io.duckspool.common.server.ServerState;
import io.duckspool.writer.sink.Sink;
import io.duckspool.writer.sink.SinkException;
import java.io.IOException;
import java.nio.file.Files;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives up the kept spool of a stopped server whose folder is so damaged that no pipeline can be
 * opened on it. Steps and notes are those of any other discard, so that a crash in between is
 * repaired the same way. Used by one thread, which holds the lock of the server.
 */
final class DamagedDiscard {

  private static final Logger LOG = LoggerFactory.getLogger(DamagedDiscard.class);

  private final PipelineParts parts;
  private final Pipelines pipelines;

  DamagedDiscard(PipelineParts parts, Pipelines pipelines) {
    this.parts = parts;
    this.pipelines = pipelines;
  }

  /**
   * Removes the server.
   *
   * @param damage why there is no pipeline
   */
  Outcome<AdminApi.Discarded> run(ServerFolder folder, ServerFile file, IOException damage)
      throws IOException {
    if (file.state() != ServerState.STOPPING && file.state() != ServerState.DRAINED) {
      return new Outcome.Refused<>(
          file.listenUri()
              + " serves, and can't be looked after: stop it first; "
              + damage.getMessage());
    }
    Uncommitted left = Uncommitted.ofMarks(folder);
    AdminApi.Discarded discarded =
        new AdminApi.Discarded(
            file.config().uri(),
            file.spoolId(),
            Math.max(0, left.end().entries() - left.from().entries()),
            Math.max(0, left.end().rows() - left.from().rows()));
    FolderNote.discarded(folder).set(discarded.discardedEntries() + " entries");
    LOG.warn("{}: a damaged server is discarded: {}", file.listenUri(), discarded, damage);
    try (Sink sink = pipelines.openOrRefuse(file)) {
      new StopSequence(parts.data()).run(folder, sink);
    } catch (IOException | SinkException e) {
      // The scan finishes what has lost its name.
      if (Files.exists(folder.serverFile())) {
        return new Outcome.NotNow<>(String.valueOf(e.getMessage()));
      }
      LOG.warn("{}: what is left of it is removed soon", file.listenUri(), e);
    }
    return new Outcome.Done<>(discarded);
  }
}
