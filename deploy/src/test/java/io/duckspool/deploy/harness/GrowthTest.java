package io.duckspool.deploy.harness;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** The growth must see a leak in the noise that a process at rest shows, and nothing else. */
final class GrowthTest {
  private static final int DRAWS = 1000;
  private static final int SAMPLES = 20;
  private static final double GIBIBYTES = 2;

  /** One percent of a resident set of 800 MiB. */
  private static final double BOUND = 8;

  @Test
  void growth_isTheSlopeOfALine() {
    Growth growth = new Growth();
    for (int i = 0; i < 11; i++) {
      growth.add(i / 10.0, 1000 + i * 7);
    }
    assertEquals(70, growth.perUnit(), 1e-9);
  }

  @Test
  void growth_isNotMovedByASampleFarOff_atTheEndEither() {
    Growth growth = new Growth();
    for (int i = 0; i < 12; i++) {
      growth.add(i, i == 0 || i == 11 ? 5000 * i : 300);
    }
    assertEquals(0, growth.perUnit(), 1e-9);
  }

  @Test
  void noLeak_passes() {
    assertTrue(overBound(0) <= DRAWS / 100, () -> overBound(0) + " of " + DRAWS);
  }

  @Test
  void aLeakOfOnePercentOfTheBytes_isMostlySeen_andOneOfTwoPercentAlways() {
    double percent = 10.24;
    assertTrue(overBound(percent) >= DRAWS * 7 / 10, () -> overBound(percent) + " of " + DRAWS);
    assertEquals(DRAWS, overBound(2 * percent));
  }

  @Test
  void tooFewSamples_proveNothing() {
    Growth growth = new Growth();
    for (int i = 0; i < 9; i++) {
      growth.add(i, 1);
    }
    assertThrows(AssertionError.class, growth::perUnit);
    assertThrows(AssertionError.class, () -> growth.add(8, 1));
    growth.add(9, 1);
    assertEquals(0, growth.perUnit());
  }

  /** How many of the runs with such a leak, in MiB per GiB, grow by more than the bound. */
  private static int overBound(double leak) {
    int count = 0;
    for (int seed = 0; seed < DRAWS; seed++) {
      Random random = new Random(seed);
      Growth growth = new Growth();
      for (int i = 1; i <= SAMPLES; i++) {
        double progress = GIBIBYTES * i / SAMPLES;
        // As measured at rest: a standard deviation of 4 MiB, and now and then a cache that stays.
        double noise = 4 * random.nextGaussian() + (random.nextInt(10) == 0 ? 30 : 0);
        growth.add(progress, 320 + leak * progress + noise);
      }
      if (growth.perUnit() > BOUND) {
        count++;
      }
    }
    return count;
  }
}
