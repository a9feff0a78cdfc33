package io.duckspool.writer.pipeline;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.ListenUri;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.writer.batch.SealTrigger;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/**
 * What the control port asks of running pipelines. Blocking, and thread-safe.
 *
 * <p>A parameter that is no such thing is an {@link IllegalArgumentException}, whose message names
 * it.
 */
public final class PipelineCalls {

  private static final long RELEASE_TIMEOUT_MILLIS = 10_000;
  private static final long PAUSE_TIMEOUT_MILLIS = 10_000;
  private static final long LEDGER_TIMEOUT_MILLIS = 60_000;

  private final Pipelines pipelines;

  public PipelineCalls(Pipelines pipelines) {
    this.pipelines = pipelines;
  }

  /**
   * Commits everything before an index; waits for it.
   *
   * @param isAbandoned asked several times a second; true: nobody waits for the answer
   */
  public AdminApi.Sealed seal(AdminApi.Seal request, BooleanSupplier isAbandoned)
      throws InterruptedException {
    SpoolIndex upTo = SpoolIndex.parse(request.index());
    SealTrigger trigger =
        switch (request.trigger()) {
          case "flush" -> SealTrigger.FLUSH;
          case "stop" -> SealTrigger.STOP;
          default ->
              throw new IllegalArgumentException(
                  "trigger must be flush or stop, got " + request.trigger());
        };
    if (request.timeoutMs() != null && request.timeoutMs() <= 0) {
      throw new IllegalArgumentException("timeout_ms must be > 0, got " + request.timeoutMs());
    }
    Optional<PipelineHandle> found = pipelines.find(request.spoolId());
    if (found.isEmpty()) {
      return new AdminApi.Sealed("unknown", 0, 0, "the writer has no pipeline for this spool");
    }
    CompletableFuture<AdminApi.Sealed> reply = new CompletableFuture<>();
    return found
        .get()
        .ask(
            new PipelineCommand.Seal(upTo, trigger, reply),
            reply,
            request.timeoutMs(),
            isAbandoned,
            reason -> new AdminApi.Sealed("error", 0, found.get().snapshot().sealsTotal(), reason));
  }

  /** Closes the files of a spool for a while; false when its pipeline is busy. */
  public boolean release(AdminApi.Release request) throws InterruptedException {
    Optional<PipelineHandle> found = pipelines.find(request.spoolId());
    if (found.isEmpty()) {
      return true;
    }
    CompletableFuture<Boolean> reply = new CompletableFuture<>();
    return found
        .get()
        .ask(new PipelineCommand.Release(reply), reply, RELEASE_TIMEOUT_MILLIS, reason -> false);
  }

  /** Has a pipeline seal nothing until it is resumed, over restarts too. */
  public Outcome<AdminApi.PipelineAt> pause(AdminApi.ServerUri request)
      throws InterruptedException {
    return changeState(request, PipelineCommand.Pause::new);
  }

  /** Has a paused pipeline go on. */
  public Outcome<AdminApi.PipelineAt> resume(AdminApi.ServerUri request)
      throws InterruptedException {
    return changeState(request, PipelineCommand.Resume::new);
  }

  /** Sets the ledger of a server whose pipeline refuses to start; waits for it. */
  public Outcome<AdminApi.LedgerSet> setLedger(AdminApi.SetLedger request)
      throws InterruptedException {
    if (request.next() != null) {
      SpoolIndex unused = SpoolIndex.parse(request.next());
    }
    ListenUri uri = ListenUri.parse(request.listenUri());
    Optional<PipelineHandle> found = pipelines.find(uri);
    if (found.isEmpty()) {
      return noPipeline(uri);
    }
    CompletableFuture<Outcome<AdminApi.LedgerSet>> reply = new CompletableFuture<>();
    return found
        .get()
        .ask(
            new PipelineCommand.SetLedger(request, reply),
            reply,
            LEDGER_TIMEOUT_MILLIS,
            reason -> new Outcome.NotNow<>(reason + "; it may still be set"));
  }

  private Outcome<AdminApi.PipelineAt> changeState(
      AdminApi.ServerUri request,
      Function<CompletableFuture<Outcome<PipelineState>>, PipelineCommand> command)
      throws InterruptedException {
    ListenUri uri = ListenUri.parse(request.uri());
    Optional<PipelineHandle> found = pipelines.find(uri);
    if (found.isEmpty()) {
      return noPipeline(uri);
    }
    CompletableFuture<Outcome<PipelineState>> reply = new CompletableFuture<>();
    Outcome<PipelineState> outcome =
        found.get().ask(command.apply(reply), reply, PAUSE_TIMEOUT_MILLIS, Outcome.NotNow::new);
    return outcome.map(state -> new AdminApi.PipelineAt(uri.toString(), state.text()));
  }

  private static <T> Outcome<T> noPipeline(ListenUri uri) {
    return new Outcome.Refused<>("the writer has no pipeline for " + uri);
  }
}
