package io.duckspool.writer.pipeline;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.writer.quarantine.QuarantineReason;
import io.duckspool.writer.quarantine.QuarantineStore;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What operators ask about the quarantine of a pipeline, done between two steps of its duty cycle;
 * a replay takes as long as its commits do.
 *
 * <p>Used by the pipeline's thread.
 */
final class QuarantineOperations {

  private final Workbench work;

  QuarantineOperations(Workbench work) {
    this.work = work;
  }

  /**
   * Stores entries in the pipeline's target.
   *
   * @param spoolId of a stopped server whose quarantine was kept; empty: the pipeline's own
   */
  Outcome<AdminApi.QuarantineReplayed> replay(Optional<String> spoolId, List<SpoolIndex> indices) {
    PipelineState state = work.health.state();
    if (state != PipelineState.RUNNING && state != PipelineState.STOPPING) {
      return new Outcome.NotNow<>(
          "the pipeline is " + state.text() + ", and stores nothing: " + work.health.trouble());
    }
    try {
      if (spoolId.isEmpty()) {
        return replayOwn(indices);
      }
      try (KeptQuarantine kept = KeptQuarantine.open(work.parts.data(), spoolId.get())) {
        return replay(kept.store(), spoolId.get(), indices, List.of());
      }
    } catch (KeptQuarantine.NotThereException e) {
      return e.outcome();
    } catch (IOException e) {
      return new Outcome.NotNow<>(String.valueOf(e.getMessage()));
    }
  }

  /** Gives entries of the pipeline's own quarantine up. */
  Outcome<AdminApi.QuarantineDropped> drop(List<SpoolIndex> indices) {
    try {
      return new QuarantineDrop(
              work.settings.listenUri(), work.settings.spoolId(), work.parts.clock())
          .drop(work.quarantine, indices);
    } catch (IOException e) {
      return new Outcome.NotNow<>(String.valueOf(e.getMessage()));
    }
  }

  /**
   * What the ledger has not passed would be read again after a crash, and stored a second time; it
   * stays until the next seal.
   */
  private Outcome<AdminApi.QuarantineReplayed> replayOwn(List<SpoolIndex> indices)
      throws IOException {
    SpoolIndex committed = work.ledger().position().next();
    List<SpoolIndex> passed = new ArrayList<>();
    List<AdminApi.QuarantineFailure> others = new ArrayList<>();
    for (SpoolIndex index : indices) {
      if (index.compareTo(committed) < 0) {
        passed.add(index);
      } else {
        others.add(
            new AdminApi.QuarantineFailure(
                index.toString(),
                QuarantineReason.UNKNOWN.text(),
                "the ledger stands at " + committed + " and has not passed it, try again"));
      }
    }
    Outcome<AdminApi.QuarantineReplayed> outcome =
        replay(work.quarantine, work.settings.spoolId(), passed, others);
    work.lookForReplay();
    work.publishQuarantine();
    return outcome;
  }

  private Outcome<AdminApi.QuarantineReplayed> replay(
      QuarantineStore store,
      String spoolId,
      List<SpoolIndex> indices,
      List<AdminApi.QuarantineFailure> others)
      throws IOException {
    return work.target()
        .quarantineReplay()
        .replay(store, spoolId, indices)
        .map(
            replayed -> {
              List<AdminApi.QuarantineFailure> failures = new ArrayList<>(others);
              for (ReplayPortion.Failure failure : replayed.failures()) {
                failures.add(
                    new AdminApi.QuarantineFailure(
                        failure.index().toString(), failure.reason().text(), failure.error()));
              }
              return new AdminApi.QuarantineReplayed(
                  work.settings.listenUri(),
                  spoolId,
                  replayed.entries(),
                  replayed.rows(),
                  failures);
            });
  }
}
