package io.duckspool.common.server;

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
}
