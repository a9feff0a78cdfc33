package io.duckspool.writer.pipeline;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.writer.batch.SealLimits;
import io.duckspool.writer.batch.SealTrigger;
import java.util.concurrent.CompletableFuture;

/** What admin threads ask of a pipeline's thread. */
sealed interface PipelineCommand {

  /**
   * Commit everything before an index, in one attempt.
   *
   * @param trigger flush or stop; a stop also says that the spool is closed and ends at {@code
   *     upTo}
   */
  record Seal(SpoolIndex upTo, SealTrigger trigger, CompletableFuture<AdminApi.Sealed> reply)
      implements PipelineCommand {}

  /** Close the files of the spool for a moment. */
  record Release(CompletableFuture<Boolean> reply) implements PipelineCommand {}

  /** Go on after a pause. */
  record Resume(CompletableFuture<Boolean> reply) implements PipelineCommand {}

  /** Put the ledger where an operator says, and start there. */
  record SetLedger(AdminApi.SetLedger request, CompletableFuture<LedgerOutcome> reply)
      implements PipelineCommand {}

  /**
   * The server is being stopped: drain to the head and remove it.
   *
   * @param isDrained whether its spool is known to be closed and committed
   */
  record StopServer(boolean isDrained) implements PipelineCommand {}

  /** Other limits, from now on. */
  record Limits(SealLimits limits) implements PipelineCommand {}

  /** The process ends: drain to the durable mark, then end; the server stays. */
  record ShutDown() implements PipelineCommand {}
}
