package io.duckspool.writer.pipeline;

import io.duckspool.common.metrics.DurationHistogram;
import io.duckspool.common.metrics.Families;
import io.duckspool.writer.batch.SealTrigger;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/**
 * What the seals of one pipeline took, since it started. Written by the pipeline's thread, read by
 * any.
 */
final class SealMetrics {

  private static final String PREFIX = "duckspool_writer_";

  private final Map<SealTrigger, LongAdder> counts = new EnumMap<>(SealTrigger.class);
  private final DurationHistogram seals = new DurationHistogram();
  private final DurationHistogram decoding = new DurationHistogram();
  private final DurationHistogram appending = new DurationHistogram();
  private final DurationHistogram committing = new DurationHistogram();

  SealMetrics() {
    for (SealTrigger trigger : SealTrigger.values()) {
      counts.put(trigger, new LongAdder());
    }
  }

  /**
   * A seal is committed.
   *
   * @param nanos from its first attempt on
   */
  void sealed(
      SealTrigger trigger, long nanos, long decodeNanos, long appendNanos, long commitNanos) {
    counts.computeIfAbsent(trigger, any -> new LongAdder()).increment();
    seals.record(nanos);
    decoding.record(decodeNanos);
    appending.record(appendNanos);
    committing.record(commitNanos);
  }

  void addTo(Families families, String server) {
    counts.forEach(
        (trigger, count) ->
            families.counter(
                PREFIX + "seals",
                "Seals that were committed.",
                count.sum(),
                "server",
                server,
                "trigger",
                trigger.text()));
    families.histogram(
        PREFIX + "seal_seconds",
        "Time of a seal, from its first attempt to its commit.",
        seals,
        "server",
        server);
    addPart(families, server, "decode", decoding);
    addPart(families, server, "append", appending);
    addPart(families, server, "commit", committing);
  }

  private static void addPart(
      Families families, String server, String part, DurationHistogram durations) {
    families.histogram(
        PREFIX + "seal_part_seconds",
        "Time of the parts of a seal: decoding its entries, inserting its rows, COMMIT.",
        durations,
        "server",
        server,
        "part",
        part);
  }
}
