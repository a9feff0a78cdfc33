package io.duckspool.deploy.harness;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class ProcessMemoryTest {
  @Test
  void slope_isTheGrowthPerUnit_asAPartOfTheMean() {
    assertEquals(0.0, ProcessMemory.relativeSlope(line(1000, 0)), 1e-9);
    // From 1000 to 1190 over 1.9 units: 100 a unit, of a mean of 1095.
    assertEquals(100.0 / 1095, ProcessMemory.relativeSlope(line(1000, 100)), 1e-9);
  }

  private static List<ProcessMemory.Sample> line(long start, long perUnit) {
    return IntStream.range(0, 20)
        .mapToObj(i -> new ProcessMemory.Sample(i / 10.0, start + perUnit * i / 10, 0))
        .toList();
  }
}
