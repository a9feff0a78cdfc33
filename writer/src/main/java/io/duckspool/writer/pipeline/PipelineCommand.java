package io.duckspool.writer.pipeline;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.config.ServerConfig;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.writer.batch.SealLimits;
import io.duckspool.writer.batch.SealTrigger;
import io.duckspool.writer.sink.Sink;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * What admin threads ask of a pipeline's thread. Each that has a reply gets one: from {@link
 * #applyTo}, later from the pipeline, or from {@link #refuse}.
 */
sealed interface PipelineCommand {

  /** Has the pipeline do it. The pipeline's thread. */
  void applyTo(PipelineOperations pipeline);

  /**
   * Answers a command that came too late: the pipeline has ended.
   *
   * @param pipeline of a closed one
   */
  default void refuse(PipelineOperations pipeline) {}

  /** Says that the pipeline has ended. */
  private static <T> void ended(CompletableFuture<Outcome<T>> reply) {
    reply.complete(new Outcome.NotNow<>("the pipeline has ended"));
  }

  /**
   * Commit everything before an index, in one attempt.
   *
   * @param trigger flush or stop; a stop also says that the spool is closed and ends at {@code
   *     upTo}
   */
  record Seal(SpoolIndex upTo, SealTrigger trigger, CompletableFuture<AdminApi.Sealed> reply)
      implements PipelineCommand {

    @Override
    public void applyTo(PipelineOperations pipeline) {
      pipeline.seal(this);
    }

    @Override
    public void refuse(PipelineOperations pipeline) {
      reply.complete(pipeline.sealedAtTheEnd());
    }
  }

  /** Close the files of the spool for a moment. */
  record Release(CompletableFuture<Boolean> reply) implements PipelineCommand {

    @Override
    public void applyTo(PipelineOperations pipeline) {
      pipeline.release();
      reply.complete(true);
    }

    @Override
    public void refuse(PipelineOperations pipeline) {
      reply.complete(true);
    }
  }

  /** Seal nothing until a resume, over restarts too. */
  record Pause(CompletableFuture<Outcome<PipelineState>> reply) implements PipelineCommand {

    @Override
    public void applyTo(PipelineOperations pipeline) {
      reply.complete(pipeline.pause());
    }

    @Override
    public void refuse(PipelineOperations pipeline) {
      ended(reply);
    }
  }

  /** Go on after a pause. */
  record Resume(CompletableFuture<Outcome<PipelineState>> reply) implements PipelineCommand {

    @Override
    public void applyTo(PipelineOperations pipeline) {
      reply.complete(pipeline.resume());
    }

    @Override
    public void refuse(PipelineOperations pipeline) {
      ended(reply);
    }
  }

  /** Put the ledger where an operator says, and start there. */
  record SetLedger(AdminApi.SetLedger request, CompletableFuture<Outcome<AdminApi.LedgerSet>> reply)
      implements PipelineCommand {

    @Override
    public void applyTo(PipelineOperations pipeline) {
      reply.complete(pipeline.setLedger(request));
    }

    @Override
    public void refuse(PipelineOperations pipeline) {
      ended(reply);
    }
  }

  /** The server file may say that the server stops: drain to the head and remove it. */
  record LookAtServer() implements PipelineCommand {

    @Override
    public void applyTo(PipelineOperations pipeline) {
      pipeline.lookAtServer();
    }
  }

  /** Serve again: call the stop off. Skipped when nobody waits for the reply any more. */
  record TakeUp(CompletableFuture<Outcome<AdminApi.TakenUp>> reply) implements PipelineCommand {

    @Override
    public void applyTo(PipelineOperations pipeline) {
      if (!reply.isDone()) {
        reply.complete(pipeline.takeUp());
      }
    }

    @Override
    public void refuse(PipelineOperations pipeline) {
      reply.complete(pipeline.takenUpAtTheEnd());
    }
  }

  /** Remove the server with all that is not committed. Skipped when nobody waits for the reply. */
  record Discard(CompletableFuture<Outcome<AdminApi.Discarded>> reply) implements PipelineCommand {

    @Override
    public void applyTo(PipelineOperations pipeline) {
      if (!reply.isDone()) {
        reply.complete(pipeline.discard());
      }
    }

    @Override
    public void refuse(PipelineOperations pipeline) {
      ended(reply);
    }
  }

  /**
   * Go on to another target. Skipped when nobody waits for the reply any more.
   *
   * @param config as the server file has it, with that target
   * @param settings with that target
   * @param sink on that target; the pipeline's once the reply says that it is done, else closed
   */
  record Replay(
      ServerConfig config,
      PipelineSettings settings,
      Sink sink,
      CompletableFuture<Outcome<AdminApi.Replayed>> reply)
      implements PipelineCommand {

    @Override
    public void applyTo(PipelineOperations pipeline) {
      if (reply.isDone()) {
        sink.close();
        return;
      }
      Outcome<AdminApi.Replayed> outcome = pipeline.replay(config, settings, sink);
      if (!(outcome instanceof Outcome.Done)) {
        sink.close();
      }
      reply.complete(outcome);
    }

    @Override
    public void refuse(PipelineOperations pipeline) {
      sink.close();
      ended(reply);
    }
  }

  /**
   * Store entries that are in quarantine. Skipped when nobody waits for the reply any more.
   *
   * @param spoolId of a stopped server that left them; empty: they are the pipeline's own
   */
  record ReplayQuarantine(
      Optional<String> spoolId,
      List<SpoolIndex> indices,
      CompletableFuture<Outcome<AdminApi.QuarantineReplayed>> reply)
      implements PipelineCommand {

    @Override
    public void applyTo(PipelineOperations pipeline) {
      if (!reply.isDone()) {
        reply.complete(pipeline.quarantine().replay(spoolId, indices));
      }
    }

    @Override
    public void refuse(PipelineOperations pipeline) {
      ended(reply);
    }
  }

  /** Give up entries in quarantine. Skipped when nobody waits for the reply any more. */
  record DropQuarantined(
      List<SpoolIndex> indices, CompletableFuture<Outcome<AdminApi.QuarantineDropped>> reply)
      implements PipelineCommand {

    @Override
    public void applyTo(PipelineOperations pipeline) {
      if (!reply.isDone()) {
        reply.complete(pipeline.quarantine().drop(indices));
      }
    }

    @Override
    public void refuse(PipelineOperations pipeline) {
      ended(reply);
    }
  }

  /** Say what the spool has at an index. */
  record Look(SpoolIndex index, CompletableFuture<Outcome<SpoolFacts>> reply)
      implements PipelineCommand {

    @Override
    public void applyTo(PipelineOperations pipeline) {
      reply.complete(pipeline.lookAtSpool(index));
    }

    @Override
    public void refuse(PipelineOperations pipeline) {
      ended(reply);
    }
  }

  /**
   * Ask something else of the same target: other columns, or whether they are made.
   *
   * @param settings as the server file has them by now
   * @param sink on the target; the pipeline's from now on
   */
  record Reconfigure(PipelineSettings settings, Sink sink) implements PipelineCommand {

    @Override
    public void applyTo(PipelineOperations pipeline) {
      pipeline.reconfigure(settings, sink);
    }

    @Override
    public void refuse(PipelineOperations pipeline) {
      sink.close();
    }
  }

  /** Other limits, from now on. */
  record Limits(SealLimits limits) implements PipelineCommand {

    @Override
    public void applyTo(PipelineOperations pipeline) {
      pipeline.limit(limits);
    }
  }

  /** The process ends: drain to the durable mark, then end; the server stays. */
  record ShutDown() implements PipelineCommand {

    @Override
    public void applyTo(PipelineOperations pipeline) {
      pipeline.shutDown();
    }
  }
}
