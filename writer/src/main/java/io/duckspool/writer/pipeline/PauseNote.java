package io.duckspool.writer.pipeline;

import io.duckspool.common.server.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Remembers over restarts that a pipeline is paused: a file {@code paused} with the reason, in the
 * server's folder.
 *
 * <p>Used by the pipeline's thread.
 */
final class PauseNote {

  private final Path file;

  /**
   * @param folder the server's folder
   */
  PauseNote(Path folder) {
    this.file = folder.resolve("paused");
  }

  boolean isSet() {
    return Files.exists(file);
  }

  /** Why; empty when it isn't paused. */
  String reason() throws IOException {
    return isSet() ? Files.readString(file, StandardCharsets.UTF_8).strip() : "";
  }

  /** Durable when it returns. */
  void set(String reason) throws IOException {
    AtomicFile.replace(file, (reason + "\n").getBytes(StandardCharsets.UTF_8));
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
