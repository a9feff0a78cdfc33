package io.duckspool.spool.chronicle;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * Knows when the oldest entry behind a position was received, without reading it: one sample for
 * each 100 ms of appends, fewer and fewer for a backlog that grows. Thread-safe.
 */
final class OldestEntry {

  private static final long FIRST_SPACING_NANOS = 100_000_000;
  private static final int MAX_SAMPLES = 8192;

  /** Entries from number {@code entriesBefore} on were received at or after this time. */
  private record Sample(long entriesBefore, long receivedUnixNanos) {}

  private List<Sample> samples = new ArrayList<>();
  private long spacingNanos = FIRST_SPACING_NANOS;

  synchronized void add(long entriesBefore, long receivedUnixNanos) {
    if (!samples.isEmpty()) {
      long last = samples.get(samples.size() - 1).receivedUnixNanos();
      if (receivedUnixNanos >= last && receivedUnixNanos - last < spacingNanos) {
        return;
      }
    }
    samples.add(new Sample(entriesBefore, receivedUnixNanos));
    if (samples.size() > MAX_SAMPLES) {
      thin();
    }
  }

  /** When the first entry after {@code committedEntries} was received, or a little before. */
  synchronized OptionalLong receivedUnixNanos(long committedEntries, long headEntries) {
    int first = 0;
    while (first + 1 < samples.size()
        && samples.get(first + 1).entriesBefore() <= committedEntries) {
      first++;
    }
    if (first > 0) {
      samples = new ArrayList<>(samples.subList(first, samples.size()));
    }
    return headEntries <= committedEntries || samples.isEmpty()
        ? OptionalLong.empty()
        : OptionalLong.of(samples.get(0).receivedUnixNanos());
  }

  /** Keeps every second sample: those kept are older than what they now stand for. */
  private void thin() {
    List<Sample> kept = new ArrayList<>(MAX_SAMPLES);
    for (int i = 0; i < samples.size(); i += 2) {
      kept.add(samples.get(i));
    }
    samples = kept;
    spacingNanos *= 2;
  }
}
