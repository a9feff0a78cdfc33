package io.duckspool.writer.pipeline;

import io.duckspool.common.process.ExitCode;
import io.duckspool.common.server.AtomicFile;
import io.duckspool.common.server.DataFolder;
import io.duckspool.common.server.ServerFolder;
import io.duckspool.writer.pipeline.AttemptsNote.Attempt;
import io.duckspool.writer.pipeline.AttemptsNote.Mode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An end of the writer that lies in the target, not in an entry: batches that were in hand then
 * don't count as tried, so that no entry is quarantined for it. A file in the data folder says so
 * to the next process. If the process dies before the file is there, the end counts as any other.
 */
public final class BlamelessEnd {

  private static final Logger LOG = LoggerFactory.getLogger(BlamelessEnd.class);

  private BlamelessEnd() {}

  /**
   * Notes it, durable, and ends the process at once, as a kill does: its supervisor starts it
   * again. Any thread.
   *
   * @param reason for people
   */
  public static void end(DataFolder data, String reason, Exception cause) {
    LOG.error("the writer ends: {}", reason, cause);
    try {
      note(data, reason);
    } catch (IOException e) {
      LOG.error("the end can't be noted, the batches in hand count as tried", e);
    }
    Runtime.getRuntime().halt(ExitCode.FAILED);
  }

  static void note(DataFolder data, String reason) throws IOException {
    AtomicFile.replace(data.endNote(), (reason + "\n").getBytes(StandardCharsets.UTF_8));
  }

  /** Takes the last end off all servers' counts, if it was such a one; before any pipeline runs. */
  public static void settle(DataFolder data) throws IOException {
    if (!Files.exists(data.endNote())) {
      return;
    }
    for (ServerFolder server : data.listServers()) {
      if (Files.exists(server.attemptsNote())) {
        settle(server.attemptsNote());
      }
    }
    Files.delete(data.endNote());
  }

  private static void settle(Path attempts) throws IOException {
    try (AttemptsNote note = AttemptsNote.open(attempts)) {
      Attempt last = note.read();
      if (last.mode() != Mode.IDLE && last.tries() > 0) {
        note.syncFromNowOn();
        note.write(new Attempt(last.mode(), last.first(), last.tries() - 1, last.suspectBytes()));
      }
    }
  }
}
