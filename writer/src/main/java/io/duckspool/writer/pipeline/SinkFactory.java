package io.duckspool.writer.pipeline;

import io.duckspool.writer.sink.Sink;
import io.duckspool.writer.sink.SinkException;
import io.duckspool.writer.sink.Target;

/** Makes the sink of a pipeline. Thread-safe. */
@FunctionalInterface
public interface SinkFactory {

  /**
   * A sink on a target that was not asked yet; closed by its pipeline.
   *
   * @throws SinkException.Refused a kind of target that isn't supported
   */
  Sink open(Target target) throws SinkException;
}
