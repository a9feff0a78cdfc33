package io.duckspool.writer.sink;

import io.duckspool.common.fault.CrashPoint;
import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.common.server.AtomicFile;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.writer.batch.SealedBatch;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The data files of the batch in hand: one for each table with rows, written and synced before the
 * transaction that adds them to the lake. All attempts on one batch add the same files, so
 * whichever of them is applied, and whenever, each row is in the lake once.
 *
 * <pre>
 * FOLDER OF THE TABLE/duckspool-SPOOL-FIRST-NEXT-RANDOM.parquet   indices as BIGINT
 * </pre>
 *
 * <p>That is why rows don't go into the lake by INSERT. DuckLake deletes the files that a
 * transaction inserted when its COMMIT fails, also when the server applied that COMMIT and only the
 * answer was lost; measured with DuckLake 1.0: the table then names files that are gone. Files that
 * are added belong to whoever wrote them until the lake has them.
 *
 * <p>If the process dies here: files that were not committed stay behind, and no snapshot names
 * them; the batch is read again and gets other ones. Used under the commit lock.
 */
final class LakeFiles {

  private static final Logger LOG = LoggerFactory.getLogger(LakeFiles.class);

  /** Characters of the spool's id that its files carry. */
  private static final int SPOOL_ID_CHARACTERS = 8;

  private final Set<Path> syncedFolders = new HashSet<>();

  /** Files of batches that were given up, which a late COMMIT may still bring into the lake. */
  private final List<File> leftBehind = new ArrayList<>();

  private @Nullable Staged staged;

  /** What is written of a batch. */
  private record Staged(
      SealedBatch batch, SpoolIndex first, SpoolIndex next, Map<OtlpTable, File> files) {

    boolean isOf(SealedBatch other, LedgerMove move) {
      return batch == other && first.equals(move.first()) && next.equals(move.next().next());
    }
  }

  /** A data file, local or not. */
  record File(String folder, String name, boolean isLocal) {

    String location() {
      return folder + name;
    }

    private Path path() {
      return Path.of(location());
    }
  }

  /** Where the files of a table go, and how they are written. */
  interface Layout {
    LakeMetadata.Table table(OtlpTable table) throws SQLException;

    /** What COPY is told beside the format, each with a comma in front of it. */
    String copyOptions(OtlpTable table) throws SQLException;
  }

  /** Writes and syncs what isn't yet there of a batch. Durable on return. */
  void stage(Session session, SealedBatch batch, LedgerMove move, Layout layout)
      throws SQLException {
    if (staged != null && staged.isOf(batch, move) && isComplete(staged)) {
      return;
    }
    giveUp();
    Staged writing =
        new Staged(batch, move.first(), move.next().next(), new EnumMap<>(OtlpTable.class));
    try {
      for (OtlpTable table : OtlpTable.values()) {
        if (batch.rows(table) > 0) {
          write(session, writing, table, layout, name(move));
        }
      }
      CrashPoint.LAKE_FILES_WRITTEN.reached();
      sync(writing.files().values());
    } catch (IOException e) {
      remove(writing.files().values());
      throw new SQLException("the data files can't be synced: " + e, e);
    } catch (SQLException | RuntimeException e) {
      // No transaction knows them yet.
      remove(writing.files().values());
      throw e;
    }
    staged = writing;
    CrashPoint.LAKE_FILES_SYNCED.reached();
  }

  /** The file with the rows of a table, which has some. */
  File of(OtlpTable table) {
    File file = staged == null ? null : staged.files().get(table);
    if (file == null) {
      throw new IllegalStateException("no file is written for " + table.tableName());
    }
    return file;
  }

  /**
   * The ledger has moved: what was staged is in the lake, and what was left behind is there by now
   * or never will be.
   */
  void committed(Session session, LakeMetadata metadata) {
    staged = null;
    try {
      for (File file : leftBehind) {
        if (file.isLocal() && !metadata.isFileKnown(session, file.name())) {
          remove(List.of(file));
        }
      }
      leftBehind.clear();
    } catch (SQLException e) {
      LOG.warn("data files of batches that were given up are looked at later", e);
    }
  }

  /**
   * Has the next attempt write other files: these can't be found any more. A COMMIT that may yet be
   * applied with them excludes the next one, as any other does.
   */
  void giveUp() {
    if (staged != null) {
      leftBehind.addAll(staged.files().values());
      staged = null;
    }
  }

  private static boolean isComplete(Staged staged) {
    return staged.files().values().stream()
        .allMatch(file -> !file.isLocal() || Files.exists(file.path()));
  }

  private void write(Session session, Staged writing, OtlpTable table, Layout layout, String name)
      throws SQLException {
    LakeMetadata.Table into = layout.table(table);
    File file = new File(into.folder(), name, into.isLocal());
    if (file.isLocal()) {
      try {
        Files.createDirectories(Path.of(file.folder()));
      } catch (IOException e) {
        throw new SQLException("the folder " + file.folder() + " can't be made: " + e, e);
      }
    }
    writing.files().put(table, file);
    long written =
        session.update(
            writing.batch(),
            table,
            "COPY (SELECT * FROM "
                + Session.ROWS
                + ") TO "
                + Identifiers.literal(file.location())
                + " (FORMAT parquet"
                + layout.copyOptions(table)
                + ")");
    if (written != writing.batch().rows(table)) {
      throw new IllegalStateException(
          file.location() + ": wrote " + written + " rows of " + writing.batch().rows(table));
    }
  }

  private static String name(LedgerMove move) {
    String spool = move.spoolId();
    return "duckspool-"
        + spool.substring(0, Math.min(SPOOL_ID_CHARACTERS, spool.length()))
        + "-"
        + move.first().toLong()
        + "-"
        + move.next().next().toLong()
        + "-"
        + Long.toHexString(UUID.randomUUID().getMostSignificantBits())
        + ".parquet";
  }

  private void sync(Iterable<File> files) throws IOException {
    for (File file : files) {
      if (file.isLocal()) {
        syncFile(file.path());
        syncFolder(Path.of(file.folder()));
      }
    }
  }

  static void syncFile(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  /** Syncs a folder, and once for each process all above it: one of them may be new. */
  private void syncFolder(Path folder) throws IOException {
    AtomicFile.syncFolder(folder);
    Path parent = folder.getParent();
    // What can't be read wasn't made by this user.
    if (syncedFolders.add(folder) && parent != null && Files.isReadable(parent)) {
      syncFolder(parent);
    }
  }

  private static void remove(Iterable<File> files) {
    for (File file : files) {
      if (file.isLocal()) {
        try {
          Files.deleteIfExists(file.path());
        } catch (IOException e) {
          LOG.warn("{} can't be removed, no snapshot names it", file.location(), e);
        }
      }
    }
  }
}
