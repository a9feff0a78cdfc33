package io.duckspool.common.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Names in the folder of one server.
 *
 * <pre>
 * server.json      what the server was made with, its spool id and its state: {@link ServerFile}
 * token            the token alone, for the path in {@code ready}
 * spool/           the journal
 * durable.ckpt     the receiver's mark
 * committed.ckpt   the writer's, a hint
 * quarantine/      one file an entry, named by its index
 * end.unknown      there while a stopped server's spool may go on behind its mark
 * segment.counter attempts.note seals
 * </pre>
 *
 * Immutable and thread-safe.
 *
 * @param path absolute path of the folder
 */
public record ServerFolder(Path path) {

  /** The last part of the path. */
  public String name() {
    return String.valueOf(path.getFileName());
  }

  /** What the server was made with, and its state. */
  public Path serverFile() {
    return path.resolve("server.json");
  }

  /** The token alone. */
  public Path tokenFile() {
    return path.resolve("token");
  }

  /** Entries that could not be stored. */
  public Path quarantine() {
    return path.resolve("quarantine");
  }

  /** First index and tries of the batch in hand, after unclean exits. */
  public Path attemptsNote() {
    return path.resolve("attempts.note");
  }

  /** The last seals. */
  public Path seals() {
    return path.resolve("seals");
  }

  /**
   * Notes whether the durable mark of a stopped server is known to be where its spool ends: a mark
   * isn't forced, so that after a power cut it may lie behind what was acked. The writer removes no
   * server of which that isn't known, unless a receiver says where the spool ends. Durable when it
   * returns.
   */
  public void noteEnd(boolean isKnown) throws IOException {
    Path note = endUnknown();
    if (!isKnown && !Files.exists(note)) {
      AtomicFile.replace(note, new byte[0]);
    } else if (isKnown && Files.deleteIfExists(note)) {
      AtomicFile.syncFolder(path);
    }
  }

  /** Whether the durable mark of a stopped server is known to be where its spool ends. */
  public boolean isEndKnown() {
    return !Files.exists(endUnknown());
  }

  private Path endUnknown() {
    return path.resolve("end.unknown");
  }
}
