package io.duckspool.writer.pipeline;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.ListenUri;
import io.duckspool.spool.SpoolIndex;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;

/**
 * What the control port asks about quarantines. Blocking, and thread-safe. A parameter that is no
 * such thing is an {@link IllegalArgumentException}, whose message names it.
 */
public final class QuarantineCalls {

  /** Entries of one call. */
  public static final int MAX_ENTRIES = 1_000;

  private static final long TIMEOUT_MILLIS = 60_000;

  private final Pipelines pipelines;

  public QuarantineCalls(Pipelines pipelines) {
    this.pipelines = pipelines;
  }

  /** Stores entries in the target of a server; waits for it. */
  public Outcome<AdminApi.QuarantineReplayed> replay(AdminApi.QuarantineReplay request)
      throws InterruptedException {
    ListenUri uri = ListenUri.parse(request.uri());
    List<SpoolIndex> indices = indices(request.indices());
    Optional<PipelineHandle> found = pipelines.find(uri);
    if (found.isEmpty()) {
      return noPipeline(uri);
    }
    CompletableFuture<Outcome<AdminApi.QuarantineReplayed>> reply = new CompletableFuture<>();
    return found
        .get()
        .ask(
            new PipelineCommand.ReplayQuarantine(
                Optional.ofNullable(request.spoolId()), indices, reply),
            reply,
            TIMEOUT_MILLIS,
            reason -> new Outcome.NotNow<>(reason + "; it may still be done"));
  }

  /** Gives entries up, of a server that is there or of what one has left; waits for it. */
  public Outcome<AdminApi.QuarantineDropped> drop(AdminApi.QuarantineDrop request)
      throws InterruptedException, IOException {
    List<SpoolIndex> indices = indices(request.indices());
    if ((request.uri() == null) == (request.spoolId() == null)) {
      throw new IllegalArgumentException("one of uri and spool_id must be given, not both");
    }
    if (request.spoolId() != null) {
      return dropKept(request.spoolId(), indices);
    }
    ListenUri uri = ListenUri.parse(String.valueOf(request.uri()));
    Optional<PipelineHandle> found = pipelines.find(uri);
    if (found.isEmpty()) {
      return noPipeline(uri);
    }
    CompletableFuture<Outcome<AdminApi.QuarantineDropped>> reply = new CompletableFuture<>();
    return found
        .get()
        .ask(
            new PipelineCommand.DropQuarantined(indices, reply),
            reply,
            TIMEOUT_MILLIS,
            reason -> new Outcome.NotNow<>(reason + "; it may still be done"));
  }

  private Outcome<AdminApi.QuarantineDropped> dropKept(String spoolId, List<SpoolIndex> indices)
      throws IOException {
    try (KeptQuarantine kept = KeptQuarantine.open(pipelines.parts().data(), spoolId)) {
      return new QuarantineDrop(spoolId, spoolId, pipelines.parts().clock())
          .drop(kept.store(), indices);
    } catch (KeptQuarantine.NotThereException e) {
      return e.outcome();
    }
  }

  /** In order, none twice. */
  private static List<SpoolIndex> indices(List<String> texts) {
    if (texts.isEmpty() || texts.size() > MAX_ENTRIES) {
      throw new IllegalArgumentException(
          "indices must have 1 to " + MAX_ENTRIES + " entries, got " + texts.size());
    }
    TreeSet<SpoolIndex> indices = new TreeSet<>();
    texts.forEach(text -> indices.add(SpoolIndex.parse(String.valueOf(text))));
    return List.copyOf(indices);
  }

  private static <T> Outcome<T> noPipeline(ListenUri uri) {
    return new Outcome.Refused<>("the writer has no pipeline for " + uri);
  }
}
