package io.duckspool.writer.pipeline;

import io.duckspool.common.fault.CrashPoint;
import io.duckspool.spool.CommittedMark;
import io.duckspool.spool.SpoolException;
import io.duckspool.spool.SpoolTailer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What follows a commit: the committed checkpoint for the receiver, then retention. Neither can
 * lose anything; both are repeated after the next seal, so that a failure is logged, once, and gone
 * on from.
 *
 * <p>Used by the pipeline's thread.
 */
final class Progress {

  private static final Logger LOG = LoggerFactory.getLogger(Progress.class);

  private final String listenUri;
  private long retainedSegment = -1;
  private boolean isFailing;

  Progress(String listenUri) {
    this.listenUri = listenUri;
  }

  /** Publishes how far the target is, then deletes the segments below. */
  void publish(SpoolTailer tailer, CommittedMark mark) {
    try {
      tailer.publishCommitted(mark);
      CrashPoint.CHECKPOINT_PUBLISHED.reached();
      long segment = mark.position().next().segment();
      if (segment != retainedSegment) {
        tailer.deleteBelow(mark.position().next());
        retainedSegment = segment;
      }
      isFailing = false;
    } catch (SpoolException e) {
      if (!isFailing) {
        LOG.warn("{}: the checkpoint or old segments could not be dealt with", listenUri, e);
      }
      isFailing = true;
    }
  }
}
