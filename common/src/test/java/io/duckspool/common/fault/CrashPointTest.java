package io.duckspool.common.fault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Map;
import org.junit.jupiter.api.Test;

class CrashPointTest {

  @Test
  void anOrder_namesThePoint_thePart_andTheTime() {
    assertNull(CrashPoint.Order.of(Map.of()));
    assertNull(CrashPoint.Order.of(Map.of("DUCKSPOOL_CRASH_AT", " ")));
    assertEquals(
        new CrashPoint.Order(CrashPoint.SERVER_FILE_SYNCED, "", 1),
        CrashPoint.Order.of(Map.of("DUCKSPOOL_CRASH_AT", "server_file_synced")));
    assertEquals(
        new CrashPoint.Order(CrashPoint.SERVER_FILE_RENAMED, "", 3),
        CrashPoint.Order.of(Map.of("DUCKSPOOL_CRASH_AT", "SERVER_FILE_RENAMED:3")));
    assertEquals(
        new CrashPoint.Order(CrashPoint.SEAL_TABLE_INSERTED, "otlp_logs", 1),
        CrashPoint.Order.of(Map.of("DUCKSPOOL_CRASH_AT", "SEAL_TABLE_INSERTED@otlp_logs")));
    assertEquals(
        new CrashPoint.Order(CrashPoint.EXPORT_FILE_PLACED, "2", 4),
        CrashPoint.Order.of(Map.of("DUCKSPOOL_CRASH_AT", "EXPORT_FILE_PLACED@2:4")));
  }

  @Test
  void anOrder_isRefused_whenThereIsNoSuchPoint() {
    assertThrows(
        IllegalArgumentException.class,
        () -> CrashPoint.Order.of(Map.of("DUCKSPOOL_CRASH_AT", "NOWHERE")));
    assertThrows(
        IllegalArgumentException.class,
        () -> CrashPoint.Order.of(Map.of("DUCKSPOOL_CRASH_AT", "SERVER_FILE_SYNCED:0")));
  }
}
