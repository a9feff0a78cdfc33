package io.duckspool.common.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class DurationTextTest {
  @ParameterizedTest
  @CsvSource({
    "0ms, 0, 0ms",
    "250ms, 250, 250ms",
    "1000ms, 1000, 1s",
    "5s, 5000, 5s",
    "90s, 90000, 90s",
    "60s, 60000, 1m",
    "60m, 3600000, 1h",
    "48h, 172800000, 2d",
  })
  void aText_isMillis_andIsWrittenShort(String text, long millis, String written) {
    assertEquals(Duration.ofMillis(millis), DurationText.parse(text));
    assertEquals(written, DurationText.format(DurationText.parse(text)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "5",
        "5 minutes",
        "-1s",
        "1.5s",
        "PT5S",
        "s",
        "300000000000s",
        "999999999999999999d"
      })
  void anotherText_isRefused(String text) {
    assertThrows(IllegalArgumentException.class, () -> DurationText.parse(text));
  }
}
