package io.duckspool.writer.sink;

import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import io.duckspool.common.config.CatalogConfig;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A write-ahead log of DuckDB that something else than a power cut has damaged: commits that were
 * on the disk stand behind an entry that can't be read. Left to itself DuckDB either refuses the
 * file or, where a size is wrong, takes the rest for torn and forgets it without a word. So nobody
 * opens the database until an operator has decided.
 *
 * @param database the database's file
 * @param log its log
 * @param at offset of the first entry that can't be read
 * @param bytesBehind from there to the end
 * @param laterCommits commits behind the one that is damaged, which can be read
 */
public record DamagedLog(Path database, Path log, long at, long bytesBehind, int laterCommits) {

  /** The log in use; the one that DuckDB begins while it checkpoints. */
  private static final List<String> SUFFIXES = List.of(".wal", ".wal.checkpoint");

  /**
   * Looks at the logs of a database file that nobody writes.
   *
   * @return the damaged ones; a log that is whole, torn at its end or not there is none
   */
  public static List<DamagedLog> of(Path database) throws IOException {
    List<DamagedLog> damaged = new ArrayList<>();
    for (String suffix : SUFFIXES) {
      Path log = database.resolveSibling(database.getFileName() + suffix);
      try (FileChannel channel = FileChannel.open(log, READ)) {
        Optional<LogScan.Damage> damage = LogScan.damage(channel);
        if (damage.isPresent()) {
          long at = damage.get().at();
          damaged.add(
              new DamagedLog(database, log, at, channel.size() - at, damage.get().laterCommits()));
        }
      } catch (NoSuchFileException e) {
        // Nothing was committed since the last checkpoint.
      }
    }
    return damaged;
  }

  /** The DuckDB file of a catalog that has one. */
  public static Optional<Path> databaseOf(CatalogConfig catalog) {
    if (catalog instanceof CatalogConfig.DuckLake lake) {
      return lake.isOnSqlite() ? Optional.empty() : lake.metadataFile();
    }
    return catalog instanceof CatalogConfig.DuckDb file
        ? Optional.of(file.path())
        : Optional.empty();
  }

  /**
   * Refuses a database whose log is damaged.
   *
   * @throws SQLException says which log, where, what would be lost and the ways out
   */
  static void refuse(Path database) throws SQLException {
    List<DamagedLog> damaged;
    try {
      damaged = of(database);
    } catch (IOException e) {
      throw new SQLException("the write-ahead log of " + database + " can't be read: " + e, e);
    }
    if (!damaged.isEmpty()) {
      throw new SQLException(
          damaged.get(0).description()
              + ". Restore the file from a backup, or have `duckspool wal cut --yes` cut it there:"
              + " what the spools still hold is committed again, and where they don't, the"
              + " pipeline refuses and names the gap");
    }
  }

  /** What is wrong, and what a cut would take out of the database. */
  public String description() {
    return "the write-ahead log "
        + log
        + " is damaged at byte "
        + at
        + ": behind the commit that can't be read there are "
        + (laterCommits == 0 ? "parts of a later one" : laterCommits + " later ones that can")
        + ", so this is no end torn by a power cut; to cut it there takes these commits, "
        + bytesBehind
        + " bytes, out of the database";
  }

  /**
   * Cuts the log where it is damaged. Durable when it returns.
   *
   * @return the file that keeps what was cut off
   * @throws IOException a process has the database open, or the log can't be cut
   */
  public Path cut() throws IOException {
    // DuckDB locks the file in the same way, so that nobody can write the log meanwhile.
    try (FileChannel file = FileChannel.open(database, READ, WRITE);
        FileLock lock = file.tryLock()) {
      if (lock == null) {
        throw new IOException("another process has the DuckDB file " + database + " open");
      }
      return TornLog.cut(log, at);
    }
  }
}
