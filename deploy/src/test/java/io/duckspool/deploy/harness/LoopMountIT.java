package io.duckspool.deploy.harness;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The power cut must cut: what was synced is there after it, what was only written is not. */
@Tag("faults")
@NeedsRoot
final class LoopMountIT {
  @Test
  void powerCut_losesWhatWasNotSynced_andKeepsWhatWas(@TempDir Path folder) throws IOException {
    try (LoopMount mount = LoopMount.create(folder, 64)) {
      assertFalse(Files.exists(folder.resolve("disk/lost+found")), "mounted for others, too");
      String write =
          "open(F, '>', $ARGV[0]); syswrite(F, 'x' x 100); "
              + "if ($ARGV[1]) { use IO::Handle; F->sync or die; }";
      in(mount, "perl", "-e", write, mount.inside() + "/synced", "1");
      in(mount, "perl", "-e", write, mount.inside() + "/unsynced", "");
      assertEquals(100, Files.size(mount.outside().resolve("unsynced")));
      mount.cutPower();
      mount.unmount();
      mount.mount();
      assertEquals(100, Files.size(mount.outside().resolve("synced")));
      Path unsynced = mount.outside().resolve("unsynced");
      assertTrue(!Files.exists(unsynced) || Files.size(unsynced) == 0);
    }
  }

  private static void in(LoopMount mount, String... command) {
    var line = new java.util.ArrayList<>(mount.enter());
    line.addAll(java.util.List.of(command));
    Shell.run(line);
  }
}
