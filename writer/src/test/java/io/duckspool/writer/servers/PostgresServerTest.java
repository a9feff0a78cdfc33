package io.duckspool.writer.servers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** What other tests rely on. */
final class PostgresServerTest {

  @Test
  void itKeepsWhatItCommitted_overStopsAndCrashes() throws Exception {
    try (PostgresServer server = PostgresServer.start()) {
      server.createDatabase("lake");
      assertEquals("1|x", server.sql("lake", "CREATE TABLE t AS SELECT 1 AS i, 'x' AS s; TABLE t"));
      server.down();
      assertThrows(AssertionError.class, () -> server.sql("lake", "TABLE t"));
      server.up();
      server.crash();
      server.up();
      assertEquals("1|x", server.sql("lake", "TABLE t"));
      AssertionError e = assertThrows(AssertionError.class, () -> server.sql("lake", "TABLE u"));
      assertTrue(e.getMessage().contains("\"u\" does not exist"), e.getMessage());
    }
  }
}
