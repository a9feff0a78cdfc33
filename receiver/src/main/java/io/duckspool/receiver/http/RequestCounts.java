package io.duckspool.receiver.http;

import io.duckspool.common.otlp.Signal;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;

/**
 * Requests of one server since the process started, over all its listeners, by signal and by the
 * status of the reply. Thread-safe; counting costs a lookup and an addition.
 */
public final class RequestCounts {

  private final LongAdder arrived = new LongAdder();

  /** {@code replied[signal]}: by status. */
  private final List<Map<Integer, LongAdder>> replied =
      Stream.of(Signal.values())
          .<Map<Integer, LongAdder>>map(s -> new ConcurrentHashMap<>())
          .toList();

  /** A POST on an OTLP path, whatever becomes of it. */
  void arrived() {
    arrived.increment();
  }

  /** Its reply is about to be written. */
  void replied(Signal signal, int status) {
    replied.get(signal.ordinal()).computeIfAbsent(status, any -> new LongAdder()).increment();
  }

  /** POSTs on the OTLP paths, rejected ones too. */
  public long total() {
    return arrived.sum();
  }

  /** Replies of a signal by status. */
  public Map<Integer, Long> byStatus(Signal signal) {
    Map<Integer, Long> counts = new TreeMap<>();
    replied.get(signal.ordinal()).forEach((status, count) -> counts.put(status, count.sum()));
    return counts;
  }
}
