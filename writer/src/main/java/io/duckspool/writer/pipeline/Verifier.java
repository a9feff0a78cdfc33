package io.duckspool.writer.pipeline;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.ListenUri;
import io.duckspool.common.server.ServerFile;
import io.duckspool.writer.sink.Audit;
import io.duckspool.writer.sink.LedgerRow;
import io.duckspool.writer.sink.Sink;
import io.duckspool.writer.sink.SinkException;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Answers whether what a server accepted is in its target. Blocking, as long as the target takes to
 * count its rows; the pipeline goes on meanwhile. Thread-safe.
 */
public final class Verifier {

  private static final long SPOOL_TIMEOUT_MILLIS = 60_000;

  private final Pipelines pipelines;
  private final PipelineDefaults defaults;
  private final SinkFactory sinks;

  public Verifier(Pipelines pipelines, PipelineDefaults defaults, SinkFactory sinks) {
    this.pipelines = pipelines;
    this.defaults = defaults;
    this.sinks = sinks;
  }

  /**
   * Verifies a server that has a pipeline.
   *
   * @throws IOException the server file can't be read
   */
  public Outcome<AdminApi.Verified> verify(AdminApi.ServerUri request)
      throws IOException, InterruptedException {
    ListenUri uri = ListenUri.parse(request.uri());
    Optional<PipelineHandle> found = pipelines.find(uri);
    if (found.isEmpty()) {
      return new Outcome.Refused<>("the writer has no pipeline for " + uri);
    }
    PipelineSettings settings = found.get().settings();
    Audit audit;
    ServerFile server = ServerFile.read(settings.folder());
    try (Sink sink = sinks.open(defaults.target(server.config()))) {
      audit = sink.audit(settings.spoolId());
    } catch (SinkException.Refused e) {
      return new Outcome.Refused<>(e.reason());
    } catch (SinkException e) {
      return new Outcome.NotNow<>(e.reason());
    }
    if (audit.ledger().isEmpty()) {
      return new Outcome.Done<>(report(uri, settings, audit, Optional.empty()));
    }
    return ask(found.get(), audit.ledger().get())
        .map(facts -> report(uri, settings, audit, Optional.of(facts)));
  }

  /** The spool is looked at by who holds it; a ledger that moved on meanwhile does no harm. */
  private static Outcome<SpoolFacts> ask(PipelineHandle pipeline, LedgerRow ledger)
      throws InterruptedException {
    CompletableFuture<Outcome<SpoolFacts>> reply = new CompletableFuture<>();
    return pipeline.ask(
        new PipelineCommand.Look(ledger.position().next(), reply),
        reply,
        SPOOL_TIMEOUT_MILLIS,
        Outcome.NotNow::new);
  }

  private static AdminApi.Verified report(
      ListenUri uri, PipelineSettings settings, Audit audit, Optional<SpoolFacts> facts) {
    return Verification.verify(uri.toString(), settings.spoolId(), audit, facts);
  }
}
