package io.duckspool.common.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class DataSizeTest {
  @ParameterizedTest
  @CsvSource({
    "0, 0, 0",
    "1023, 1023, 1023",
    "1024, 1024, 1KiB",
    "100B, 100, 100",
    "64MiB, 67108864, 64MiB",
    "64 mib, 67108864, 64MiB",
    "1GiB, 1073741824, 1GiB",
    "1025GiB, 1100585369600, 1025GiB",
    "2TiB, 2199023255552, 2TiB",
    "9223372036854775807, 9223372036854775807, 9223372036854775807",
  })
  void aText_isBytes_andIsWrittenShort(String text, long bytes, String written) {
    assertEquals(bytes, DataSize.parse(text).bytes());
    assertEquals(written, DataSize.parse(text).toString());
    assertEquals(bytes, DataSize.parse(written).bytes());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "1MB", "-1", "1.5GiB", "1 GiB x", "GiB"})
  void anotherText_isRefused_withTheAcceptedForms(String text) {
    assertTrue(refusal(text).startsWith("a size such as 64MiB, 1GiB or a number of bytes, got"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"9223372036854775808", "8388608TiB", "99999999999999999999"})
  void aSizeThatDoesNotFit_isRefused(String text) {
    assertTrue(refusal(text).contains(text));
  }

  private static String refusal(String text) {
    return String.valueOf(
        assertThrows(IllegalArgumentException.class, () -> DataSize.parse(text)).getMessage());
  }
}
