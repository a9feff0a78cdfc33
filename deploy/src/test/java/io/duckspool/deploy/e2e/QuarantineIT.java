package io.duckspool.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.deploy.cli.DuckspoolCommand;
import io.duckspool.deploy.harness.Await;
import io.duckspool.deploy.harness.RefusingIndex;
import io.duckspool.deploy.harness.Rig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An operator finds out why something was not stored, puts it right, and has it stored. */
@Tag("e2e")
final class QuarantineIT {

  @TempDir Path folder;
  private Rig rig;

  @Test
  void whatATargetRefused_isListedShownExportedGivenUpAndReplayed() throws Exception {
    try (Rig started = Rig.in(folder).server("seal_max_age_ms", "50").start()) {
      rig = started;
      RefusingIndex index = new RefusingIndex(rig);
      List<String> entries = index.quarantine(3);

      // Nobody has the files: what only reads needs no process.
      assertEquals(0, duckspool("quarantine", "list"));
      assertEquals(0, duckspool("quarantine", "show", entries.get(0)));
      Path out = folder.resolve("out");
      assertEquals(0, duckspool("quarantine", "export", "--output", out.toString()));
      assertEquals(3, Files.readAllLines(out.resolve("logs.ndjson")).size());
      assertEquals(3, duckspool("quarantine", "replay", "--all"), "needs the writer");

      rig.startWriter();
      rig.awaitWriter();
      Path spool = folder.resolve("spool");
      assertEquals(0, duckspool("spool", "export", "--output", spool.toString()));
      assertTrue(Files.readString(spool.resolve("logs.ndjson")).contains("fence"));
      assertEquals(2, duckspool("quarantine", "drop", entries.get(0)), "not without --yes");
      assertEquals(3, index.files().size());
      assertEquals(0, duckspool("quarantine", "drop", entries.get(0), "--yes"));
      Await.until("replayed", Rig.LIMIT, () -> duckspool("quarantine", "replay", "--all") == 0);
      assertEquals(List.of(), index.files());
      assertEquals(1, duckspool("quarantine", "replay", entries.get(0)), "it was given up");
      rig.awaitCommitted();
      String rows = rig.sql("SELECT count(*) AS n FROM otlp_logs WHERE body = 'again'");
      assertTrue(rows.matches("(?s).*\"n\"\\s*:\\s*\"?3\\D.*"), rows);
      assertTrue(rig.pipelines().contains("\"quarantined_rows_total\":1,"), rig.pipelines());
      String metrics = rig.writerMetrics();
      assertTrue(metrics.contains("duckspool_writer_quarantine_entries{"), metrics);

      // What was exported is taken again.
      byte[] lines = Files.readAllBytes(out.resolve("logs.ndjson"));
      assertEquals(202, rig.post("/v1/logs", "application/x-ndjson", lines).status());
      rig.awaitCommitted();
      String again = rig.sql("SELECT count(*) AS n FROM otlp_logs WHERE body = 'again'");
      assertTrue(again.matches("(?s).*\"n\"\\s*:\\s*\"?6\\D.*"), again);
      rig.stop();
    }
  }

  private int duckspool(String... arguments) {
    List<String> all = new ArrayList<>(Arrays.asList(arguments));
    all.addAll(List.of("--config", rig.config().toString()));
    return DuckspoolCommand.execute(all.toArray(String[]::new));
  }
}
