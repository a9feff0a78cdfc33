package io.duckspool.deploy.harness;

import io.duckspool.common.fault.CrashPoint;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A point that the receiver is halted at and one of the writer, in one life of a server: half as
 * many lives as points.
 */
public record CrashLot(CrashPoint receiver, CrashPoint writer) {
  /** All crash points that a server's life reaches within minutes are one row of the scorecard. */
  public static final String ROW = "halt";

  public static final String FAULT = "`Runtime.halt` at each crash point";

  /**
   * Twenty times each: of 12 pairs of points in a life, 11 in calls, and one by one 6 of a
   * quarantine and 16 of seals into other targets.
   */
  public static final int FULL = 20 * (2 * 12 + 2 * 11 + 6 + 16);

  /**
   * Each point of both lists at least once; those of the shorter list again with others.
   *
   * @param round which of the pairings
   */
  public static List<CrashLot> pair(
      List<CrashPoint> ofReceiver, List<CrashPoint> ofWriter, int round) {
    List<CrashLot> lots = new ArrayList<>();
    for (int i = 0; i < Math.max(ofReceiver.size(), ofWriter.size()); i++) {
      lots.add(
          new CrashLot(
              ofReceiver.get((i + round) % ofReceiver.size()), ofWriter.get(i % ofWriter.size())));
    }
    return lots;
  }

  public Stream<CrashPoint> points() {
    return Stream.of(receiver, writer);
  }
}
