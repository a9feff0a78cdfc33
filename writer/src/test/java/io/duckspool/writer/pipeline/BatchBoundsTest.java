package io.duckspool.writer.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.writer.batch.SealLimits;
import org.junit.jupiter.api.Test;

final class BatchBoundsTest {

  private static final SealLimits CONFIGURED = new SealLimits(1_000, 5_000, 1 << 20, 1_000);

  private final BatchBounds bounds = new BatchBounds("otlp:localhost:4318", CONFIGURED);

  @Test
  void asConfigured_untilASealRunsOutOfMemory() {
    seals(100);
    assertEquals(CONFIGURED, bounds.limits());
    bounds.configure(new SealLimits(1, 2, 3, 4));
    assertEquals(new SealLimits(1, 2, 3, 4), bounds.limits());
  }

  @Test
  void halvesWhatTheBatchHeld_notWhatItMight_downToOneRow() {
    bounds.ranOutOfMemory(100, 5_000);
    assertEquals(new SealLimits(1_000, 5_000, 2_500, 50), bounds.limits());
    bounds.ranOutOfMemory(51, 2_600);
    assertEquals(new SealLimits(1_000, 5_000, 1_300, 25), bounds.limits());
    for (int i = 0; i < 70; i++) {
      bounds.ranOutOfMemory(bounds.limits().maxBatchRows(), bounds.limits().maxBatchBytes());
    }
    assertEquals(new SealLimits(1_000, 5_000, 1, 1), bounds.limits());
  }

  @Test
  void aBatchThatPassedTheBound_withItsLastEntry_isHalvedFromTheBound() {
    bounds.ranOutOfMemory(9_999, 9L << 20);
    assertEquals(new SealLimits(1_000, 5_000, 1 << 19, 500), bounds.limits());
  }

  @Test
  void doublesAfterSealsThatWork_untilItIsAsConfigured() {
    bounds.ranOutOfMemory(500, 1 << 19);
    seals(BatchBounds.SEALS_BEFORE_GROWTH - 1);
    assertEquals(250, bounds.limits().maxBatchRows());
    seals(1);
    assertEquals(500, bounds.limits().maxBatchRows());
    assertEquals(1 << 19, bounds.limits().maxBatchBytes());
    assertTrue(bounds.isReduced());
    seals(BatchBounds.SEALS_BEFORE_GROWTH);
    assertFalse(bounds.isReduced());
    assertEquals(CONFIGURED, bounds.limits());
  }

  @Test
  void anotherFailure_beginsTheCountAnew() {
    bounds.ranOutOfMemory(400, 1 << 19);
    seals(BatchBounds.SEALS_BEFORE_GROWTH - 1);
    bounds.ranOutOfMemory(200, 1 << 18);
    seals(BatchBounds.SEALS_BEFORE_GROWTH - 1);
    assertEquals(100, bounds.limits().maxBatchRows());
  }

  private void seals(int count) {
    for (int i = 0; i < count; i++) {
      bounds.sealed();
    }
  }
}
