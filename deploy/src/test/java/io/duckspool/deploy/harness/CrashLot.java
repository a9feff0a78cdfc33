package io.duckspool.deploy.harness;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Where the receiver is halted and where the writer, in one life of a server, one halt after the
 * other: many halts for one life.
 *
 * @param receiver in the order in which the life reaches them
 * @param writer the same
 */
public record CrashLot(List<Halt> receiver, List<Halt> writer) {
  /** All crash points that a server's life reaches within minutes are one row of the scorecard. */
  public static final String ROW = "halt";

  public static final String FAULT = "`Runtime.halt` at each crash point";

  /**
   * Twenty times each: 31 halts in a life, 16 in calls, 6 of a quarantine and 30 on the way to
   * other targets.
   */
  public static final int FULL = 20 * (31 + 16 + 6 + 30);

  /**
   * Deals halts to lives: each halt to one life, and each life at most one of each phase.
   *
   * @param receiver its phases, in the order in which a life reaches them, and the halts of each
   * @param writer the same
   * @param round another one puts other halts together
   */
  public static List<CrashLot> deal(List<List<Halt>> receiver, List<List<Halt>> writer, int round) {
    int lives =
        Stream.of(receiver, writer).flatMap(List::stream).mapToInt(List::size).max().orElse(0);
    return IntStream.range(0, lives)
        .mapToObj(
            life ->
                new CrashLot(
                    ofLife(receiver, life, lives, round),
                    // Otherwise the two processes' halts would always be the same ones' company.
                    ofLife(writer, life + round * receiver.size(), lives, round)))
        .toList();
  }

  private static List<Halt> ofLife(List<List<Halt>> phases, int life, int lives, int round) {
    List<Halt> halts = new ArrayList<>();
    for (int phase = 0; phase < phases.size(); phase++) {
      int place = (life + round * phase) % lives;
      if (place < phases.get(phase).size()) {
        halts.add(phases.get(phase).get(place));
      }
    }
    return halts;
  }

  public Stream<Halt> halts() {
    return Stream.concat(receiver.stream(), writer.stream());
  }
}
