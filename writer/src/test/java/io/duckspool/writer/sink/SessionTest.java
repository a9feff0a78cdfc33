package io.duckspool.writer.sink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A result is whole or an error. */
final class SessionTest {

  private static final String NUMBERS = "SELECT %s FROM range(?) t(i) ORDER BY ALL";

  @TempDir Path folder;

  private DuckDbDatabase open() throws SinkException {
    return DuckDbDatabase.open(
        DuckDbRows.settings(folder), InstantSource.system(), System::nanoTime);
  }

  @Test
  void anErrorInALaterRow_isNotTheEndOfTheResult() throws Exception {
    // Without an order, so that rows are handed out before the one that fails.
    String sql = "SELECT CASE WHEN i = 900000 THEN error('no') ELSE i END FROM range(?) t(i)";
    try (DuckDbDatabase database = open();
        Session session = database.openSession()) {
      SQLException e =
          assertThrows(
              SQLException.class, () -> session.query(row -> row.getString(1), sql, 1_000_000L));
      assertTrue(
          String.valueOf(e.getMessage())
              .matches("the result ended after \\d+ of 1000000 rows|.*Error: no"),
          e::toString);
    }
  }

  @Test
  void aLongResult_isReadWhole() throws Exception {
    try (DuckDbDatabase database = open();
        Session session = database.openSession()) {
      for (long count : List.of(0L, 2047L, 2048L, 300_000L)) {
        assertEquals(
            count, session.query(row -> row.getLong(1), NUMBERS.formatted("i"), count).size());
      }
    }
  }
}
