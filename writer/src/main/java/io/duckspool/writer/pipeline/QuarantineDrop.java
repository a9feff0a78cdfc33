package io.duckspool.writer.pipeline;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.writer.quarantine.QuarantineNote;
import io.duckspool.writer.quarantine.QuarantineStore;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives entries in quarantine up, with a line in the log for each: an operator's act. Used by one
 * thread, which has the quarantine.
 */
final class QuarantineDrop {

  private static final Logger LOG = LoggerFactory.getLogger(QuarantineDrop.class);

  private final String server;
  private final String spoolId;
  private final InstantSource clock;

  /**
   * @param server for the log
   */
  QuarantineDrop(String server, String spoolId, InstantSource clock) {
    this.server = server;
    this.spoolId = spoolId;
    this.clock = clock;
  }

  /** Gives up all of them, durable on return; or none, while one is in a replay not settled. */
  Outcome<AdminApi.QuarantineDropped> drop(QuarantineStore store, List<SpoolIndex> indices)
      throws IOException {
    Optional<QuarantineIntent> open = QuarantineIntent.read(store.folder());
    if (open.isPresent() && indices.stream().anyMatch(open.get().entries()::contains)) {
      return new Outcome.NotNow<>(
          "a replay into %s is not settled, which names some of them: replay once more first"
              .formatted(open.get().target()));
    }
    long entries = 0;
    long rows = 0;
    List<AdminApi.QuarantineFailure> failures = new ArrayList<>();
    for (SpoolIndex index : indices) {
      Optional<QuarantineNote> note = store.drop(index, clock.instant().toString());
      if (note.isEmpty()) {
        failures.add(
            new AdminApi.QuarantineFailure(index.toString(), "unknown", "it is not in quarantine"));
        continue;
      }
      entries += note.get().entries();
      rows += note.get().rows();
      LOG.warn(
          "{}: an operator gave up {} of spool {} in quarantine: {} entries with {} rows ({}: {})",
          server,
          index,
          spoolId,
          note.get().entries(),
          note.get().rows(),
          note.get().reason().text(),
          note.get().error());
    }
    return new Outcome.Done<>(new AdminApi.QuarantineDropped(spoolId, entries, rows, failures));
  }
}
