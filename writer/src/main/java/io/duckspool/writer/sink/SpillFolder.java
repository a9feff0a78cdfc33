package io.duckspool.writer.sink;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The folder where one DuckDB instance spills, a new one for each opening:
 *
 * <pre>
 * temp_directory/duckspool-HASH/UUID/     HASH: of the database file's path
 * </pre>
 *
 * <p>Two instances that share a temp folder overwrite each other's spill files, which have fixed
 * names (seen: a crash in native code at COMMIT). An operator may point several writers at one
 * scratch disk, so none of them uses the folder itself.
 *
 * <p>If the process dies here: the folder stays, and is removed by the next opening of the same
 * database, once that holds the database's lock.
 */
final class SpillFolder implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(SpillFolder.class);

  private final Path siblings;
  private final Path folder;

  private SpillFolder(Path siblings) {
    this.siblings = siblings;
    this.folder = siblings.resolve(UUID.randomUUID().toString());
  }

  /** Makes the folder. */
  static SpillFolder create(DuckDbSettings settings) throws IOException {
    // Nobody else opens a database in memory: the process tells it apart.
    String owner =
        settings
            .database()
            .map(file -> file.toAbsolutePath().normalize().toString())
            .orElse("memory of process " + ProcessHandle.current().pid());
    String name = "duckspool-" + Integer.toHexString(owner.hashCode());
    SpillFolder spill = new SpillFolder(settings.tempDirectory().toAbsolutePath().resolve(name));
    // DuckDB would make it when it first spills, but not its parents, and dies of that.
    Files.createDirectories(spill.folder);
    return spill;
  }

  /** Where DuckDB may spill. */
  Path path() {
    return folder;
  }

  /** Removes what earlier openings left. Only for who holds the database's lock. */
  void removeOthers() {
    if (!Files.isDirectory(siblings)) {
      return;
    }
    try (DirectoryStream<Path> others = Files.newDirectoryStream(siblings)) {
      for (Path other : others) {
        if (!other.equals(folder)) {
          removeFolder(other);
        }
      }
    } catch (IOException e) {
      LOG.warn("{}: spill files of an earlier run can't be removed", siblings, e);
    }
  }

  @Override
  public void close() {
    try {
      removeFolder(folder);
    } catch (IOException e) {
      LOG.warn("{}: spill files can't be removed", folder, e);
    }
  }

  /** Spill folders are flat: DuckDB makes no folders in them. */
  private static void removeFolder(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        Files.deleteIfExists(file);
      }
    }
    Files.deleteIfExists(folder);
  }
}
