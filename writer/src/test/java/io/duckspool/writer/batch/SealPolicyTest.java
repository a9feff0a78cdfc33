package io.duckspool.writer.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.duckspool.writer.batch.SealPolicy.Moment;
import io.duckspool.writer.batch.SealPolicy.Request;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class SealPolicyTest {

  private static final SealLimits LIMITS = new SealLimits(1000, 5000, 10_000, 100);

  /** Below every limit, with nothing asked and nothing more to read. */
  private static final Moment YOUNG = new Moment(1, 1, 1, 1, 0, 0, false, Request.NONE);

  @Test
  void aYoungSmallBatch_staysOpen() {
    assertEquals(Optional.empty(), decide(YOUNG));
    assertEquals(
        Optional.empty(), decide(new Moment(9, 99, 999, 9_999, 4999, 4999, false, Request.NONE)));
  }

  @Test
  void eachSize_sealsAtItsLimit() {
    Optional<SealTrigger> size = Optional.of(SealTrigger.SIZE);
    assertEquals(size, decide(new Moment(1, 1, 1000, 1, 0, 0, true, Request.NONE)));
    assertEquals(size, decide(new Moment(1, 1, 1, 10_000, 0, 0, true, Request.NONE)));
    assertEquals(size, decide(new Moment(1, 100, 1, 1, 0, 0, true, Request.NONE)));
  }

  @Test
  void anOldEntry_sealsOnlyOnceNothingMoreIsReadable() {
    assertEquals(
        Optional.of(SealTrigger.AGE), decide(new Moment(1, 1, 1, 1, 5000, 0, false, Request.NONE)));
    assertEquals(Optional.empty(), decide(new Moment(1, 1, 1, 1, 5000, 0, true, Request.NONE)));
    assertEquals(
        Optional.empty(), decide(new Moment(1, 1, 1, 1, 3_600_000, 4999, true, Request.NONE)));
  }

  @Test
  void aBatchOpenForTheMaximalAge_sealsThoughMoreIsReadable() {
    assertEquals(
        Optional.of(SealTrigger.AGE),
        decide(new Moment(1, 1, 1, 1, 3_600_000, 5000, true, Request.NONE)));
    // The wall clock stepped back: the entry seems to come from the future.
    assertEquals(
        Optional.of(SealTrigger.AGE),
        decide(new Moment(1, 1, 1, 1, -3_600_000, 5000, false, Request.NONE)));
  }

  @Test
  void aFlushAndAStop_sealAtOnce() {
    assertEquals(
        Optional.of(SealTrigger.FLUSH), decide(new Moment(1, 0, 1, 0, 0, 0, true, Request.FLUSH)));
    assertEquals(
        Optional.of(SealTrigger.STOP), decide(new Moment(1, 0, 1, 0, 0, 0, false, Request.STOP)));
  }

  @Test
  void withoutEntries_nothingIsSealed() {
    assertEquals(
        Optional.empty(), decide(new Moment(0, 0, 0, 0, 9999, 9999, false, Request.FLUSH)));
  }

  @Test
  void entriesWithoutRows_areSealedByAge_soThatTheLedgerPassesThem() {
    assertEquals(
        Optional.of(SealTrigger.AGE), decide(new Moment(3, 0, 3, 0, 5000, 1, false, Request.NONE)));
  }

  @Test
  void aLimitThatIsNotPositive_isNamed() {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> new SealLimits(1, 1, 1, 0));
    assertEquals("maxBatchRows must be > 0, got 0", e.getMessage());
  }

  private static Optional<SealTrigger> decide(Moment moment) {
    return SealPolicy.decide(moment, LIMITS);
  }
}
