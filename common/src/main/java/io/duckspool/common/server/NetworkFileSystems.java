package io.duckspool.common.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Tells file systems over a network: a mapped file there is coherent or durable only by luck. */
public final class NetworkFileSystems {
  /** By file-store type, in lower case. */
  private static final Set<String> TYPES =
      Set.of(
          "9p",
          "afs",
          "beegfs",
          "ceph",
          "cifs",
          "fuse.ceph",
          "fuse.glusterfs",
          "fuse.s3fs",
          "fuse.sshfs",
          "glusterfs",
          "lustre",
          "ncpfs",
          "nfs",
          "nfs3",
          "nfs4",
          "smb2",
          "smb3",
          "smbfs",
          "virtiofs");

  private NetworkFileSystems() {}

  /**
   * Why a folder can't hold a journal, in words for the operator; empty where it can.
   *
   * @param folder existing
   */
  public static Optional<String> refusal(Path folder) throws IOException {
    return refusal(Files.getFileStore(folder).type(), folder);
  }

  static Optional<String> refusal(String type, Path folder) {
    return TYPES.contains(type.toLowerCase(Locale.ROOT))
        ? Optional.of(
            folder
                + " is on a network file system ("
                + type
                + "), where memory-mapped files are not durable: put `data` on a local disk")
        : Optional.empty();
  }
}
