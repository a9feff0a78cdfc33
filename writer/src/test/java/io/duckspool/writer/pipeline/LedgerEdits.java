package io.duckspool.writer.pipeline;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.spool.SpoolPosition;
import io.duckspool.writer.sink.LedgerRow;
import io.duckspool.writer.sink.SinkException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** What others than the pipeline do to the ledger of a test's server. */
final class LedgerEdits {

  private LedgerEdits() {}

  /** The ledger stands where it stood, and counts so much more. */
  static void miscount(PipelineHarness server, long entries, long rows, long bytes)
      throws Exception {
    LedgerRow row = server.ledger();
    SpoolPosition at = row.position();
    move(
        server,
        new SpoolPosition(at.next(), at.entries() + entries, at.rows() + rows, at.bytes() + bytes),
        row.seals());
  }

  /** The ledger stands elsewhere in its run, after so many seals. */
  static void move(PipelineHarness server, SpoolPosition position, long seals)
      throws SinkException {
    LedgerRow row = server.ledger();
    server.sink.setLedger(
        new LedgerRow(
            row.spoolId(), row.listenUri(), row.runId(), position, seals, row.updatedAt()));
  }

  /**
   * Asks the running pipeline to set its ledger, and returns its answer.
   *
   * @param next the index; null: the oldest
   */
  static Outcome<AdminApi.LedgerSet> ask(
      PipelineHarness server, @Nullable String next, boolean acceptGap) {
    CompletableFuture<Outcome<AdminApi.LedgerSet>> reply = new CompletableFuture<>();
    server
        .running
        .orElseThrow()
        .accept(
            new PipelineCommand.SetLedger(
                new AdminApi.SetLedger(PipelineHarness.URI, next, acceptGap), reply));
    return reply.getNow(new Outcome.Refused<>("no answer"));
  }
}
