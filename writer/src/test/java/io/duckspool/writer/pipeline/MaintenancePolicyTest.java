package io.duckspool.writer.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.duckspool.writer.batch.SealLimits;
import io.duckspool.writer.batch.SealTrigger;
import io.duckspool.writer.pipeline.MaintenancePolicy.Moment;
import io.duckspool.writer.sink.CatalogKind;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class MaintenancePolicyTest {

  private static final SealLimits LIMITS = new SealLimits(10_000, 5_000, 1 << 20, 500);

  /** Each bound at it, and on its other side. */
  @ParameterizedTest
  @CsvSource({
    "DUCKDB,  SIZE,   32, 300000, 10000, 500, 1000, true",
    "DUCKDB,  AGE,    32, 300000, 10000, 500, 1000, true",
    "DUCKDB,  AGE,  9999, 9999999,    0,   0,    0, true",
    "DUCKDB,  FLUSH,  32, 300000, 10000, 500, 1000, false",
    "DUCKDB,  STOP,   32, 300000, 10000, 500, 1000, false",
    "DUCKDB,  REPLAY, 32, 300000, 10000, 500, 1000, false",
    "DEFAULT, AGE,    32, 300000, 10000, 500, 1000, false",
    "DUCKDB,  AGE,    31, 300000, 10000, 500, 1000, false",
    "DUCKDB,  AGE,    32, 299999, 10000, 500, 1000, false",
    "DUCKDB,  AGE,    32, 300000, 10001, 500, 1000, false",
    "DUCKDB,  AGE,    32, 300000, 10000, 501, 1000, false",
    "DUCKDB,  AGE,    32, 300000, 10000, 500, 1001, false",
  })
  void isDue_whenAllSaysSo(
      CatalogKind kind,
      SealTrigger trigger,
      long seals,
      long millis,
      long backlogBytes,
      long backlogRows,
      long bytesPerSecond,
      boolean isDue) {
    Moment moment =
        new Moment(kind, trigger, seals, millis, backlogBytes, backlogRows, bytesPerSecond);
    assertEquals(isDue, MaintenancePolicy.isDue(moment, LIMITS));
  }

  @ParameterizedTest
  @EnumSource(SealTrigger.class)
  void onlySizeAndAgeAreAutomatic(SealTrigger trigger) {
    assertEquals(
        trigger == SealTrigger.SIZE || trigger == SealTrigger.AGE,
        MaintenancePolicy.isAutomatic(trigger));
  }
}
