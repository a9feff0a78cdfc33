package io.duckspool.writer.sink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolPosition;
import io.duckspool.writer.sink.LedgerProperty.Place;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * The properties that Iceberg tables carry: what is in catalogs today, later versions must read.
 */
final class LedgerPropertyTest {

  private static final String SPOOL = "0123456789abcdef0123456789abcdef";

  private static final String GOLDEN =
      "{\"version\":1,\"epoch\":3,\"writer\":\"a1b2\",\"listen_uri\":\"otlp:localhost:4318\",\"seals\":12,"
          + "\"updated_at\":\"2026-11-22T23:36:00.123456Z\",\"next_index\":\"60000037-99\",\"run_id\":\"run-2\","
          + "\"cumulative_entries\":98,\"cumulative_rows\":1000,\"cumulative_bytes\":123456,"
          + "\"confirmed\":{\"next_index\":\"60000036-7\",\"run_id\":\"run-1\",\"cumulative_entries\":90,"
          + "\"cumulative_rows\":900,\"cumulative_bytes\":100000}}";

  private static final LedgerProperty PROPERTY =
      new LedgerProperty(
          3,
          "a1b2",
          new LedgerRow(
              SPOOL,
              "otlp:localhost:4318",
              "run-2",
              new SpoolPosition(new SpoolIndex(60_000_037, 99), 98, 1000, 123_456),
              12,
              Instant.parse("2026-11-22T23:36:00.123456Z")),
          new Place(new SpoolPosition(new SpoolIndex(60_000_036, 7), 90, 900, 100_000), "run-1"));

  @Test
  void theGoldenText_isWrittenAndRead() throws Exception {
    assertEquals(GOLDEN, PROPERTY.text());
    assertEquals(PROPERTY, LedgerProperty.parse(SPOOL, "here", GOLDEN));
    assertEquals(
        Map.of(
            "duckspool." + SPOOL + ".next_index",
            "257698196673790051",
            "duckspool." + SPOOL + ".ledger",
            GOLDEN),
        PROPERTY.asProperties());
  }

  @Test
  void whatALaterVersionAdds_isNotMinded_andALaterVersionIs() throws Exception {
    String more = GOLDEN.replace("\"epoch\"", "\"more\":{},\"epoch\"");
    assertEquals(PROPERTY, LedgerProperty.parse(SPOOL, "here", more));
    SinkException e =
        assertThrows(
            SinkException.Refused.class,
            () ->
                LedgerProperty.parse(
                    SPOOL, "here", GOLDEN.replace("\"version\":1", "\"version\":2")));
    assertEquals(
        "here was written by a newer duckspool (version 2, this one knows 1): upgrade the writer",
        e.reason());
  }

  @Test
  void anythingElse_isRefused_andSaysWhere() {
    for (int length = 0; length < GOLDEN.length(); length++) {
      String torn = GOLDEN.substring(0, length);
      SinkException e =
          assertThrows(
              SinkException.Refused.class, () -> LedgerProperty.parse(SPOOL, "here", torn), torn);
      assertTrue(e.reason().startsWith("here is no ledger row: "), e.reason());
    }
    for (String field :
        new String[] {"epoch", "writer", "listen_uri", "seals", "updated_at", "run_id"}) {
      String without = GOLDEN.replace("\"" + field + "\"", "\"x\"");
      assertThrows(
          SinkException.Refused.class, () -> LedgerProperty.parse(SPOOL, "here", without), field);
    }
    String nonsense = GOLDEN.replace("60000037-99", "60000037");
    assertThrows(SinkException.Refused.class, () -> LedgerProperty.parse(SPOOL, "here", nonsense));
  }

  @Test
  void aTablesOwnRow_isBothOfItsProperties() throws Exception {
    Map<String, String> own = PROPERTY.asProperties();
    assertEquals(Optional.of(PROPERTY), LedgerProperty.ownOf(SPOOL, "t", own));
    assertEquals(Optional.empty(), LedgerProperty.ownOf(SPOOL, "t", Map.of("other", "1")));
    assertEquals(Optional.empty(), LedgerProperty.ownOf("ffff", "t", own));
    SinkException differs =
        assertThrows(
            SinkException.Refused.class,
            () -> LedgerProperty.ownOf(SPOOL, "t", withNextIndex(own, "5")));
    assertTrue(differs.reason().contains("60000037-99"), differs.reason());
    assertTrue(differs.reason().contains("beside it 5"), differs.reason());
    Map<String, String> alone = new HashMap<>(own);
    alone.remove("duckspool." + SPOOL + ".ledger");
    SinkException removed =
        assertThrows(SinkException.Refused.class, () -> LedgerProperty.ownOf(SPOOL, "t", alone));
    assertEquals(
        "table t, property duckspool." + SPOOL + ".ledger was removed by someone else",
        removed.reason());
  }

  private static Map<String, String> withNextIndex(Map<String, String> own, String value) {
    Map<String, String> changed = new HashMap<>(own);
    changed.put("duckspool." + SPOOL + ".next_index", value);
    return changed;
  }
}
