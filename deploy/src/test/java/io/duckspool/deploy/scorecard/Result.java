package io.duckspool.deploy.scorecard;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.util.Map;

/**
 * What came of one run of a row; a line of JSON in the results.
 *
 * @param row name of the row
 * @param tries faults that were brought about
 * @param acked requests with a 202
 * @param lost acked requests that are nowhere
 * @param doubled rows beside the first of each
 * @param seed of all random choices
 * @param date ISO-8601, UTC
 * @param commit what was tested
 * @param sources digest of what runs: see {@link Origin}
 * @param seconds how long it took
 * @param failure the first line of what was wrong; empty: the row holds
 * @param notes figures of this row alone
 */
record Result(
    String row,
    int tries,
    long acked,
    long lost,
    long doubled,
    long seed,
    String date,
    String commit,
    String sources,
    long seconds,
    String failure,
    Map<String, String> notes) {

  /** The test says so: the control of power cuts has to lose. */
  @JsonIgnore
  boolean holds() {
    return failure.isEmpty();
  }
}
