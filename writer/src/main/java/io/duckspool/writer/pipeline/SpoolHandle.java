package io.duckspool.writer.pipeline;

import io.duckspool.spool.DurableMark;
import io.duckspool.spool.SegmentHeader;
import io.duckspool.spool.SpoolException;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolPosition;
import io.duckspool.spool.SpoolTailer;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The spool as its pipeline holds it: opened when first needed, let go of when a receiver asks.
 *
 * <p>Used by the pipeline's thread, which closes it.
 */
final class SpoolHandle implements AutoCloseable {

  private final PipelineSettings settings;
  private final PipelineParts parts;
  private @Nullable SpoolTailer tailer;

  /** The run whose receiver's mark was seen when the files were released; null when in use. */
  private @Nullable String releasedFrom;

  private long runSegment = -1;
  private String runId = "";

  SpoolHandle(PipelineSettings settings, PipelineParts parts) {
    this.settings = settings;
    this.parts = parts;
  }

  /** The tailer, opened if it isn't. */
  SpoolTailer tailer() throws SpoolException {
    if (tailer == null) {
      tailer =
          parts
              .store()
              .openForRead(
                  settings.folder().path(), settings.spoolId(), parts.isReceiverOfRunAlive());
    }
    return tailer;
  }

  /** Whether the receiver of a mark holds its lock. */
  boolean isAlive(DurableMark mark) {
    return parts.isReceiverOfRunAlive().test(mark.runId());
  }

  /**
   * The run that made a segment.
   *
   * @param otherwise what to take when the segment's header is damaged
   */
  String runOf(long segment, String otherwise) throws SpoolException {
    if (segment != runSegment) {
      runId = tailer().header(segment).map(SegmentHeader::runId).orElse(otherwise);
      runSegment = segment;
    }
    return runId;
  }

  /** Rows before an index; those before the durable mark where the index is nowhere yet. */
  Optional<Long> rowsBefore(SpoolIndex index) throws SpoolException {
    Optional<SpoolPosition> position = tailer().positionAt(index);
    if (position.isEmpty()) {
      position = tailer().durableMark().map(DurableMark::position);
    }
    return position.map(SpoolPosition::rows);
  }

  /**
   * Closes the files until {@link #isNewRunSeen} or {@link #takeBack}.
   *
   * @return false when none was open
   */
  boolean release() {
    if (tailer == null) {
      return false;
    }
    releasedFrom = markedRun(tailer);
    tailer.release();
    return true;
  }

  boolean isReleased() {
    return releasedFrom != null;
  }

  /** Whether another receiver has published its mark since the release. */
  boolean isNewRunSeen() {
    return tailer == null || !markedRun(tailer).equals(releasedFrom);
  }

  /** The files may be opened again. */
  void takeBack() {
    releasedFrom = null;
  }

  /** Closes the spool; a later call opens it again. Idempotent. */
  @Override
  public void close() {
    if (tailer != null) {
      tailer.close();
      tailer = null;
    }
  }

  private static String markedRun(SpoolTailer open) {
    return open.durableMark().map(DurableMark::runId).orElse("");
  }
}
