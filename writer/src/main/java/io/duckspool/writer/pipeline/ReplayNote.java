package io.duckspool.writer.pipeline;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.AdminJson;
import io.duckspool.common.server.ServerFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a kept spool was given another target with: where it goes, and the answer to that call, as
 * JSON. Written before the server file names the target: where the two disagree, the process died
 * in between, and nothing was replayed.
 *
 * @param target as its sink names it
 */
public record ReplayNote(String target, AdminApi.Replayed replayed) {

  private static final Logger LOG = LoggerFactory.getLogger(ReplayNote.class);

  /** The note of a server, if what it says came to be. */
  static Optional<ReplayNote> read(ServerFolder folder, String target) throws IOException {
    String text = FolderNote.replayed(folder).text();
    if (text.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(AdminJson.read(text.getBytes(StandardCharsets.UTF_8), ReplayNote.class))
          .filter(note -> note.target.equalsIgnoreCase(target));
    } catch (IllegalArgumentException e) {
      // Only the answer to a repeated call and the name of the trigger hang on it.
      LOG.warn("the note in {} is damaged, and counts for nothing", folder.path(), e);
      return Optional.empty();
    }
  }

  /** Durable when it returns. */
  void write(ServerFolder folder) throws IOException {
    FolderNote.replayed(folder).set(AdminJson.MAPPER.writeValueAsString(this));
  }
}
