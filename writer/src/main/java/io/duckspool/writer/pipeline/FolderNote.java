package io.duckspool.writer.pipeline;

import io.duckspool.common.server.AtomicFile;
import io.duckspool.common.server.ServerFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Remembers one thing about a server over restarts: a file in the server's folder, with a line of
 * text.
 *
 * <p>Used by the pipeline's thread.
 */
final class FolderNote {

  private final Path file;

  private FolderNote(ServerFolder folder, String name) {
    this.file = folder.path().resolve(name);
  }

  /** The pipeline is paused, and why. */
  static FolderNote paused(ServerFolder folder) {
    return new FolderNote(folder, "paused");
  }

  /** The server is being removed with all that is not committed, and how much that is. */
  static FolderNote discarded(ServerFolder folder) {
    return new FolderNote(folder, "discarded");
  }

  /** The spool drains to another target than the server had: the answer to that call, as JSON. */
  static FolderNote replayed(ServerFolder folder) {
    return new FolderNote(folder, "replayed");
  }

  Path file() {
    return file;
  }

  boolean isSet() {
    return Files.exists(file);
  }

  /** The line; empty when it isn't set. */
  String text() throws IOException {
    return isSet() ? Files.readString(file, StandardCharsets.UTF_8).strip() : "";
  }

  /** Durable when it returns. */
  void set(String text) throws IOException {
    AtomicFile.replace(file, (text + "\n").getBytes(StandardCharsets.UTF_8));
  }

  /** Durable when it returns. */
  void clear() throws IOException {
    if (Files.deleteIfExists(file)) {
      Path folder = file.getParent();
      if (folder != null) {
        AtomicFile.syncFolder(folder);
      }
    }
  }
}
