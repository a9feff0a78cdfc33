package io.duckspool.deploy.scorecard;

import io.duckspool.deploy.harness.AckLog;
import io.duckspool.deploy.harness.Balance;
import io.duckspool.deploy.harness.Rig;
import java.sql.SQLException;
import java.util.Random;

/**
 * How often a test of a {@link FaultRow} is to bring about its fault, with which random choices,
 * and what came of it. Used by the test's thread.
 */
public final class Trials {
  private final int count;
  private final boolean isFull;
  private final long seed;
  private final Random random;
  private final Tally tally;

  Trials(int count, boolean isFull, long seed, Tally tally) {
    this.count = count;
    this.isFull = isFull;
    this.seed = seed;
    this.random = new Random(seed);
    this.tally = tally;
  }

  /** How many tries to make, at least 1. */
  public int count() {
    return count;
  }

  /** Whether there is time for what a fault needs to be like in earnest. */
  public boolean isFull() {
    return isFull;
  }

  /** The only source of choices, so that a seed repeats them. */
  public Random random() {
    return random;
  }

  public long seed() {
    return seed;
  }

  /** One more fault was brought about. */
  public void tried() {
    tally.tried();
  }

  /** Waits until all is committed, stops both processes, and judges: nothing lost or doubled. */
  public Balance settle(Rig rig, AckLog log) throws SQLException {
    return judge(log, rig.settle(log));
  }

  /** Writes down what a comparison found, and fails unless all that was acked is there once. */
  public Balance judge(AckLog log, Balance balance) {
    write(log, balance);
    balance.assertExact();
    return balance;
  }

  /**
   * As {@link #judge}, for a fault that takes acked requests with it.
   *
   * @param reported how many of them the product has reported as lost; any other is lost for real
   */
  public Balance judge(AckLog log, Balance balance, int reported) {
    tally.balance(
        log.ackedCount(),
        Math.max(0, balance.lostRequests().cardinality() - reported),
        balance.doubledRows());
    tally.reported(reported);
    balance.assertNothingButLosses();
    return balance;
  }

  /** Writes down what a comparison found, for the test to judge. */
  public void write(AckLog log, Balance balance) {
    tally.balance(log.ackedCount(), balance.lostRequests().cardinality(), balance.doubledRows());
  }

  /** Notes how long something took; the results have the median and the longest. */
  public void took(String what, long nanos) {
    tally.took(what, nanos);
  }

  /** Notes a figure that the results are to have. */
  public void note(String what, String figure) {
    tally.note(what, figure);
  }
}
