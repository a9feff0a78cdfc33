package io.duckspool.writer.pipeline;

import io.duckspool.spool.DurableMark;
import io.duckspool.spool.SpoolException;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolPosition;
import io.duckspool.spool.SpoolTailer;
import java.util.Optional;

/**
 * What a spool says of one place in it.
 *
 * @param durable its durable end; empty before the first entry, and when the mark is damaged
 * @param atIndex the counters before the place; empty where nothing stands there, or no more
 */
record SpoolFacts(Optional<SpoolPosition> durable, Optional<SpoolPosition> atIndex) {

  static SpoolFacts gather(SpoolTailer tailer, SpoolIndex index) throws SpoolException {
    return new SpoolFacts(
        tailer.durableMark().map(DurableMark::position), tailer.positionAt(index));
  }
}
