package io.duckspool.writer.sink;

import io.duckspool.common.config.CatalogConfig;
import io.duckspool.common.server.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Optional;

/**
 * Notes that a lake is about to be made: a file with the statement that attaches it, {@code
 * lake.<name>.making}. A lake can't be made and marked as ours in one step.
 *
 * <p>If the process dies here, the next attachment finds the note: a lake that is there by then,
 * and in which nothing has been done, is marked all the same.
 */
final class LakeIntent {

  private final Optional<Path> folder;
  private final Optional<Path> file;
  private final String text;

  /**
   * @param folder holds the notes on all lakes; empty: none is noted
   */
  LakeIntent(Optional<Path> folder, String name, CatalogConfig.DuckLake lake) {
    this.folder = folder;
    this.file = folder.map(path -> path.resolve("lake." + name + ".making"));
    this.text = AttachStatements.attachPresent(name, lake);
  }

  /** Whether this very lake was about to be made. */
  boolean isThere() throws SQLException {
    try {
      return file.isPresent()
          && Files.exists(file.get())
          && Files.readString(file.get(), StandardCharsets.UTF_8).equals(text);
    } catch (IOException e) {
      throw new SQLException("the note on a new lake can't be read: " + e, e);
    }
  }

  /** Durable when it returns. */
  void write() throws SQLException {
    try {
      if (file.isPresent()) {
        AtomicFile.replace(file.get(), text.getBytes(StandardCharsets.UTF_8));
      }
    } catch (IOException e) {
      throw new SQLException("a new lake can't be noted: " + e, e);
    }
  }

  /** The lake is marked, or is none of ours. Durable when it returns. */
  void remove() throws SQLException {
    try {
      if (file.isPresent() && Files.deleteIfExists(file.get())) {
        AtomicFile.syncFolder(folder.orElseThrow());
      }
    } catch (IOException e) {
      throw new SQLException("the note on a new lake can't be removed: " + e, e);
    }
  }
}
