package io.duckspool.common.metrics;

import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;

/**
 * How long something took, counted in buckets from 5 ms to a minute. Thread-safe; a page that is
 * rendered meanwhile may show a duration in its count and not yet in its sum.
 */
public final class DurationHistogram {

  /** Upper bounds of the buckets, in seconds; the last one has none. */
  private static final double[] BOUNDS = {
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, Double.POSITIVE_INFINITY
  };

  private static final double NANOS = 1e9;

  private final AtomicLongArray counts = new AtomicLongArray(BOUNDS.length);
  private final LongAdder sumNanos = new LongAdder();

  /** Counts one, of so many nanoseconds. */
  public void record(long nanos) {
    int bucket = 0;
    while (nanos > BOUNDS[bucket] * NANOS) {
      bucket++;
    }
    counts.incrementAndGet(bucket);
    sumNanos.add(nanos);
  }

  ClassicHistogramBuckets buckets() {
    List<Number> now = new ArrayList<>();
    List<Double> bounds = new ArrayList<>();
    for (int i = 0; i < BOUNDS.length; i++) {
      now.add(counts.get(i));
      bounds.add(BOUNDS[i]);
    }
    return ClassicHistogramBuckets.of(bounds, now);
  }

  double sumSeconds() {
    return sumNanos.sum() / NANOS;
  }
}
