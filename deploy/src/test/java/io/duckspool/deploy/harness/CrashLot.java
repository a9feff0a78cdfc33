package io.duckspool.deploy.harness;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Where the receiver is halted and where the writer, in one life of a server: half as many lives as
 * halts.
 */
public record CrashLot(Halt receiver, Halt writer) {
  /** All crash points that a server's life reaches within minutes are one row of the scorecard. */
  public static final String ROW = "halt";

  public static final String FAULT = "`Runtime.halt` at each crash point";

  /**
   * Twenty times each: of 19 pairs of halts in a life, 11 in calls, and one by one 6 of a
   * quarantine and 30 on the way to other targets.
   */
  public static final int FULL = 20 * (2 * 19 + 2 * 11 + 6 + 30);

  /**
   * Each halt of both lists at least once; those of the shorter list again with others.
   *
   * @param round which of the pairings
   */
  public static List<CrashLot> pair(List<Halt> ofReceiver, List<Halt> ofWriter, int round) {
    List<CrashLot> lots = new ArrayList<>();
    for (int i = 0; i < Math.max(ofReceiver.size(), ofWriter.size()); i++) {
      lots.add(
          new CrashLot(
              ofReceiver.get((i + round) % ofReceiver.size()), ofWriter.get(i % ofWriter.size())));
    }
    return lots;
  }

  public Stream<Halt> halts() {
    return Stream.of(receiver, writer);
  }
}
