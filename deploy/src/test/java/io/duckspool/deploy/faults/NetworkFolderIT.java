package io.duckspool.deploy.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.deploy.harness.DuckspoolProcess;
import io.duckspool.deploy.harness.NeedsRoot;
import io.duckspool.deploy.harness.Rig;
import io.duckspool.deploy.harness.Shell;
import io.duckspool.deploy.scorecard.FaultRow;
import io.duckspool.deploy.scorecard.Trials;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A data folder on a network file system is refused before anything is accepted. */
@Tag("faults")
@NeedsRoot
final class NetworkFolderIT {
  @TempDir Path folder;

  /** A file system in user space that says it is sshfs; whose files are here all the same. */
  @Test
  @FaultRow(
      name = "network-folder",
      fault = "the data folder on a network file system",
      quick = 1,
      full = 20,
      perRun = 20)
  void aNetworkFolder_isNamed_andBothProcessesEnd(Trials trials) throws Exception {
    Path behind = Files.createDirectory(folder.resolve("behind"));
    Path point = Files.createDirectory(folder.resolve("data"));
    Shell.run("bindfs", "-o", "subtype=sshfs", behind.toString(), point.toString());
    try (Rig rig = Rig.in(folder)) {
      for (int i = 0; i < trials.count(); i++) {
        assertRefused(rig.startReceiver(), point);
        assertRefused(rig.startWriter(), point);
        trials.tried();
      }
    } finally {
      Shell.outcome(List.of("umount", "--lazy", point.toString()), Map.of());
    }
  }

  private static void assertRefused(DuckspoolProcess process, Path point) {
    assertEquals(1, process.awaitExit(Rig.LIMIT), process::logTail);
    for (String said : List.of(point.toString(), "fuse.sshfs")) {
      assertTrue(process.output().contains(said), () -> said + " not in " + process.logTail());
    }
  }
}
