package io.duckspool.deploy.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/**
 * The way from a path as a rig's processes see it to one that this JVM can open. The two differ on
 * a {@link LoopMount} alone.
 */
public final class Outside {
  private final Optional<LoopMount> mount;
  private final Path scratch;

  /**
   * @param scratch where files of the mount may be copied to
   */
  Outside(Optional<LoopMount> mount, Path scratch) {
    this.mount = mount;
    this.scratch = scratch;
  }

  /** The same file or folder. */
  Path of(Path inside) {
    return mount
        .filter(disk -> inside.startsWith(disk.inside()))
        .map(disk -> disk.outside().resolve(disk.inside().relativize(inside)))
        .orElse(inside);
  }

  /**
   * A DuckDB file that DuckDB can open: it resolves the way into a namespace to a path that is not
   * there outside, so that a file on the mount is copied, with its log.
   */
  Path database(Path inside) {
    Path file = of(inside);
    if (file.equals(inside)) {
      return file;
    }
    try {
      Path copy = scratch.resolve("copy.duckdb");
      Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING);
      Path log = file.resolveSibling(file.getFileName() + ".wal");
      Path logCopy = scratch.resolve("copy.duckdb.wal");
      if (Files.exists(log)) {
        Files.copy(log, logCopy, StandardCopyOption.REPLACE_EXISTING);
      } else {
        Files.deleteIfExists(logCopy);
      }
      return copy;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
