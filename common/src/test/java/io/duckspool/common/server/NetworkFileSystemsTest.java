package io.duckspool.common.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class NetworkFileSystemsTest {
  @TempDir Path folder;

  @Test
  void networkFileSystems_areRefused_withTheFolderAndTheirName() {
    for (String type : List.of("nfs", "nfs4", "CIFS", "fuse.sshfs", "9p")) {
      String refusal = NetworkFileSystems.refusal(type, folder).orElseThrow();
      assertTrue(refusal.startsWith(folder + " is on a network file system (" + type + ")"));
    }
  }

  @Test
  void localFileSystems_areNot() throws Exception {
    assertEquals(Optional.empty(), NetworkFileSystems.refusal(folder));
    for (String type : List.of("ext4", "xfs", "btrfs", "zfs", "tmpfs", "fuse.mergerfs")) {
      assertEquals(Optional.empty(), NetworkFileSystems.refusal(type, folder));
    }
  }
}
