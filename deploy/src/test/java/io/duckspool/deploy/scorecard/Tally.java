package io.duckspool.deploy.scorecard;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Sums up the tests of one row in one run. Thread-safe: tests may run side by side. */
final class Tally {
  private static final int MAX_FAILURE_CHARS = 300;

  private final String row;
  private final long seed;
  private int tries;
  private long acked;
  private long lost;
  private long doubled;
  private long reported;
  private long nanos;
  private final Map<String, List<Long>> times = new TreeMap<>();
  private final Map<String, String> notes = new TreeMap<>();
  private String failure = "";

  Tally(String row, long seed) {
    this.row = row;
    this.seed = seed;
  }

  synchronized void tried() {
    tries++;
  }

  synchronized void balance(long moreAcked, long moreLost, long moreDoubled) {
    acked += moreAcked;
    lost += moreLost;
    doubled += moreDoubled;
  }

  /** Acked requests that the fault took with it, and that the product has reported. */
  synchronized void reported(long more) {
    reported += more;
  }

  synchronized void took(String what, long duration) {
    times.computeIfAbsent(what, key -> new ArrayList<>()).add(duration);
  }

  synchronized void note(String what, String figure) {
    notes.put(what, figure);
  }

  synchronized void failed(Throwable cause) {
    if (failure.isEmpty()) {
      String first = String.valueOf(cause).lines().findFirst().orElse("");
      failure = first.substring(0, Math.min(first.length(), MAX_FAILURE_CHARS));
    }
  }

  synchronized void ran(long duration) {
    nanos += duration;
  }

  synchronized Result result(Origin origin) {
    Map<String, String> all = new TreeMap<>(notes);
    if (reported > 0) {
      all.put("reported", reported + " of them lost with the fault, and reported");
    }
    times.forEach((what, durations) -> all.put(what, summary(durations)));
    return new Result(
        row,
        tries,
        acked,
        lost,
        doubled,
        seed,
        origin.date(),
        origin.commit(),
        origin.sources(),
        Math.round(nanos / 1e9),
        failure,
        all);
  }

  private static String summary(List<Long> durations) {
    List<Long> sorted = new ArrayList<>(durations);
    Collections.sort(sorted);
    return "median %.1f s, longest %.1f s"
        .formatted(sorted.get(sorted.size() / 2) / 1e9, sorted.get(sorted.size() - 1) / 1e9);
  }
}
