package io.duckspool.writer.pipeline;

import io.duckspool.common.server.ServerFolder;
import io.duckspool.spool.CheckpointFile;
import io.duckspool.spool.DurableMark;
import io.duckspool.spool.SpoolException;
import io.duckspool.spool.SpoolPosition;
import io.duckspool.spool.SpoolTailer;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What of a spool is not in its target, for whoever gives it up.
 *
 * @param from how far the target is
 * @param end of the spool
 */
record Uncommitted(SpoolPosition from, SpoolPosition end) {

  private static final Logger LOG = LoggerFactory.getLogger(Uncommitted.class);

  /** By ledger and spool; by the two marks where the spool can't be read. */
  static Uncommitted find(Workbench work) throws IOException {
    try {
      SpoolTailer tailer = work.spool.tailer();
      SpoolPosition from =
          CommittedSoFar.find(work.settings, work.target().sink(), tailer, work.memory())
              .ledger()
              .position();
      return new Uncommitted(from, CommittedSoFar.end(tailer, from));
    } catch (SpoolException e) {
      LOG.warn("{}: the spool can't be read, its marks count", work.settings.listenUri(), e);
      return ofMarks(work.settings.folder());
    }
  }

  /** By the marks that receiver and writer have published; none where they are damaged. */
  static Uncommitted ofMarks(ServerFolder folder) throws IOException {
    SpoolPosition from = CheckpointFile.committed(folder.path(), false).readCommitted().position();
    SpoolPosition end =
        CheckpointFile.durable(folder.path(), false)
            .readDurable()
            .map(DurableMark::position)
            .orElse(from);
    return new Uncommitted(from, end);
  }
}
