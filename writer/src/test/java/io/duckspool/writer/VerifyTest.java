package io.duckspool.writer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.AdminException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a verification finds in a real target that somebody has changed. */
final class VerifyTest {

  @TempDir Path temp;
  private WriterHarness writer;
  private WriterHarness.Server server;

  @BeforeEach
  void sealThreeTimes() throws Exception {
    writer = WriterHarness.open(temp);
    server = writer.serve(4318, 60_000);
    writer.sealEach(server, "a", "b", "c");
  }

  @AfterEach
  void close() throws Exception {
    writer.close();
  }

  @Test
  void whatIsWhole_isOk_andSaysWhatIsPending() throws Exception {
    server.append("d");
    AdminApi.Verified verified = verify();
    assertEquals("ok", verified.status(), verified::toString);
    assertEquals(server.spoolId(), verified.spoolId());
    assertEquals(3L, verified.seals());
    assertEquals(verified.nextIndex(), verified.ledgerIndex());
    assertEquals(server.spool().durable().next().toString(), verified.durableIndex());
    assertEquals(1L, verified.pendingEntries());
    assertEquals(1L, verified.pendingRows());
    assertEquals(new AdminApi.VerifiedTable("otlp_logs", 3, 3), verified.tables().get(0));
    assertEquals(7, verified.tables().size());
  }

  @Test
  void rowsOfTwoSpoolsInOneSchema_areAddedUp() throws Exception {
    WriterHarness.Server other = writer.serve(4319, 60_000);
    writer.sealEach(other, "x");
    AdminApi.Verified verified = verify();
    assertEquals("ok", verified.status(), verified::toString);
    assertEquals(new AdminApi.VerifiedTable("otlp_logs", 4, 4), verified.tables().get(0));
  }

  @Test
  void deletedRows_areADifference() throws Exception {
    change("DELETE FROM otlp_logs WHERE body = 'b'");
    AdminApi.Verified verified = verify();
    assertEquals("different", verified.status());
    assertEquals(
        List.of("otlp_logs has 2 rows, 1 fewer than were sealed: they were deleted, or are lost"),
        verified.differences());
    assertEquals(List.of(), verified.problems());
  }

  @Test
  void rowsThatNobodySealed_areAProblem() throws Exception {
    change("INSERT INTO otlp_logs (body) VALUES ('x')");
    AdminApi.Verified verified = verify();
    assertEquals("broken", verified.status());
    assertEquals(List.of("otlp_logs has 4 rows, 1 more than were sealed"), verified.problems());
  }

  @Test
  void aMissingSeal_isAGap() throws Exception {
    change("DELETE FROM duckspool_seals WHERE seal_id = 2");
    AdminApi.Verified verified = verify();
    assertEquals("broken", verified.status());
    String segment = verified.ledgerIndex().substring(0, verified.ledgerIndex().indexOf('-'));
    assertEquals(
        List.of(
            "a gap before seal 3: it begins at %s-3, the one before ended at %s-2"
                .formatted(segment, segment),
            "otlp_logs has 3 rows, 1 more than were sealed"),
        verified.problems());
  }

  @Test
  void aSealThatStandsTwice_isAnOverlap_andTheCountIsBounded() throws Exception {
    change(
        "INSERT INTO duckspool_seals SELECT s.* REPLACE (seal_id + i AS seal_id, '{}' AS"
            + " rows_by_table) FROM duckspool_seals s, range(1, 41) r(i) WHERE seal_id = 3");
    AdminApi.Verified verified = verify();
    assertEquals("broken", verified.status());
    assertEquals(21, verified.problems().size());
    assertEquals("and 20 more such seals", verified.problems().get(20));
    String segment = verified.ledgerIndex().substring(0, verified.ledgerIndex().indexOf('-'));
    assertEquals(
        "an overlap before seal 4: it begins at %s-3, the one before ended at %s-4"
            .formatted(segment, segment),
        verified.problems().get(0));
  }

  @Test
  void aLedgerThatStandsElsewhere_isTold() throws Exception {
    change("UPDATE duckspool_seals SET next_index = next_index + 5 WHERE seal_id = 3");
    AdminApi.Verified verified = verify();
    String segment = verified.ledgerIndex().substring(0, verified.ledgerIndex().indexOf('-'));
    assertEquals(
        List.of(
            "the last seal ends at %s-9, the ledger stands at %s-4".formatted(segment, segment)),
        verified.problems());
  }

  @Test
  void withoutALedgerRow_thatIsTheProblem() throws Exception {
    change("DELETE FROM duckspool_ledger");
    AdminApi.Verified verified = verify();
    assertEquals(
        List.of("the target has no ledger row for spool " + server.spoolId()), verified.problems());
  }

  @Test
  void withoutProvenance_ledgerAndSpoolAreComparedAlone() throws Exception {
    writer.close();
    writer = WriterHarness.open(temp.resolve("other"), Map.of("writer.provenance", "false"));
    server = writer.serve(4318, 60_000);
    writer.sealEach(server, "a");
    AdminApi.Verified verified = verify();
    assertEquals("ok", verified.status(), verified::toString);
    assertEquals(null, verified.seals());
    assertEquals(List.of(), verified.tables());
  }

  @Test
  void aServerThatIsNotThere_isRefused() {
    AdminException e =
        assertThrows(
            AdminException.class,
            () ->
                writer.post(
                    AdminApi.VERIFY,
                    new AdminApi.ServerUri("otlp:localhost:9"),
                    AdminApi.Verified.class));
    assertEquals("the writer has no pipeline for otlp:localhost:9", e.getMessage());
  }

  private AdminApi.Verified verify() throws Exception {
    return writer.verify(server);
  }

  /** Changes the target behind the writer's back. */
  private void change(String sql) throws Exception {
    writer.stopWriter();
    try (Connection connection =
            DriverManager.getConnection(
                "jdbc:duckdb:" + writer.data.root().resolve("otlp.duckdb"));
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
    writer.startWriter();
  }
}
