package io.duckspool.receiver.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.duckspool.common.admin.AdminApi.PipelineStatus;
import io.duckspool.receiver.FakeWriter;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReadinessTest {

  private static Readiness readiness(
      boolean isPoisoned, boolean hasRoom, PipelineStatus pipeline, long ageMillis) {
    return new Readiness(
        true,
        isPoisoned,
        hasRoom,
        pipeline != null,
        false,
        Optional.ofNullable(pipeline),
        ageMillis < 0 ? OptionalLong.empty() : OptionalLong.of(ageMillis),
        Duration.ofSeconds(5));
  }

  private static PipelineStatus pipeline(String state, boolean sealFailing) {
    return FakeWriter.status("0".repeat(32), state, sealFailing);
  }

  private static String reason(Readiness readiness) {
    return readiness.degradation().orElse("ready");
  }

  @Test
  void aServer_withoutABacklog_isReady_evenWithoutTheWriter() {
    assertEquals("ready", reason(readiness(false, true, null, -1)));
    assertEquals("ready", reason(readiness(false, true, pipeline("running", false), -1)));
  }

  @ParameterizedTest
  @CsvSource({"5000, 15000, ready", "5000, 15001, late", "6000, 18000, ready", "6000, 18001, late"})
  void aBacklog_isLate_afterThreeSealsAndFifteenSeconds(
      long sealMaxAgeMillis, long ageMillis, String expected) {
    for (PipelineStatus pipeline : new PipelineStatus[] {null, pipeline("running", true)}) {
      String late = pipeline == null ? "writer_away" : "seal_failed";
      Readiness readiness =
          new Readiness(
              true,
              false,
              true,
              pipeline != null,
              false,
              Optional.ofNullable(pipeline),
              OptionalLong.of(ageMillis),
              Duration.ofMillis(sealMaxAgeMillis));
      assertEquals(expected.equals("late") ? late : "ready", reason(readiness));
    }
  }

  @Test
  void aLateBacklog_thatIsBeingSealed_isReady() {
    assertEquals("ready", reason(readiness(false, true, pipeline("running", false), 60_000)));
  }

  @Test
  void theWorstReason_isTold() {
    assertEquals(
        "spool_poisoned", reason(readiness(true, false, pipeline("target_refused", true), 60_000)));
    assertEquals("disk", reason(readiness(false, false, pipeline("target_refused", true), 60_000)));
    assertEquals(
        "target_refused", reason(readiness(false, true, pipeline("target_refused", true), 60_000)));
    assertEquals("paused", reason(readiness(false, true, pipeline("paused", true), -1)));
  }

  @Test
  void aServer_thatDoesNotListen_isNotReady() {
    Readiness waiting =
        new Readiness(
            false,
            false,
            true,
            false,
            false,
            Optional.empty(),
            OptionalLong.empty(),
            Duration.ZERO);
    assertEquals("writer_away", reason(waiting));
    Readiness bound =
        new Readiness(
            false, false, true, true, false, Optional.empty(), OptionalLong.empty(), Duration.ZERO);
    assertEquals("not_listening", reason(bound));
  }

  @Test
  void aTargetThatWasRefusedAtFirst_isSaid_beforeThatItDoesNotListen() {
    Readiness refused =
        new Readiness(
            false, false, true, true, true, Optional.empty(), OptionalLong.empty(), Duration.ZERO);
    assertEquals("target_refused", reason(refused));
  }
}
