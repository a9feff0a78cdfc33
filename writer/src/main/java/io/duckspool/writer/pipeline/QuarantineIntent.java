package io.duckspool.writer.pipeline;

import io.duckspool.common.admin.AdminJson;
import io.duckspool.common.server.AtomicFile;
import io.duckspool.spool.SpoolIndex;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What a replay of a quarantine is about to store, in one commit: a file of JSON in its folder,
 * {@code replay.intent.json}. While it is there the target's ledger says what became of it.
 *
 * @param version of this format, 1
 * @param replayId key of the ledger row, 32 lower-case hex characters, random for each commit
 * @param target as its sink names it
 * @param tries how often the commit was begun, > 0
 * @param committed whether it is known to be in the target
 * @param indices of the entries, in order
 */
public record QuarantineIntent(
    int version,
    String replayId,
    String target,
    int tries,
    boolean committed,
    List<String> indices) {
  private static final int VERSION = 1;

  private static final String NAME = "replay.intent.json";

  public QuarantineIntent {
    indices = List.copyOf(indices);
  }

  QuarantineIntent(
      String replayId, String target, int tries, boolean committed, List<String> indices) {
    this(VERSION, replayId, target, tries, committed, indices);
  }

  /**
   * The intent in a folder; empty when there is none.
   *
   * @throws IOException it can't be read: what it speaks of may be stored or not
   */
  static Optional<QuarantineIntent> read(Path folder) throws IOException {
    Path file = folder.resolve(NAME);
    try {
      QuarantineIntent read = AdminJson.read(Files.readAllBytes(file), QuarantineIntent.class);
      if (read.version != VERSION) {
        throw new IOException(
            "the intent of a replay has format version "
                + read.version
                + ", not "
                + VERSION
                + ": upgrade the writer: "
                + file);
      }
      return Optional.of(read);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IllegalArgumentException e) {
      throw new IOException("the intent of a replay is damaged: " + file, e);
    }
  }

  static boolean isThere(Path folder) {
    return Files.exists(folder.resolve(NAME));
  }

  /** Durable when it returns. */
  void write(Path folder) throws IOException {
    AtomicFile.replace(folder.resolve(NAME), AdminJson.MAPPER.writeValueAsBytes(this));
  }

  /** Durable when it returns. */
  static void remove(Path folder) throws IOException {
    if (Files.deleteIfExists(folder.resolve(NAME))) {
      AtomicFile.syncFolder(folder);
    }
  }

  QuarantineIntent triedAgain() {
    return new QuarantineIntent(replayId, target, tries + 1, committed, indices);
  }

  QuarantineIntent afterCommit() {
    return new QuarantineIntent(replayId, target, tries, true, indices);
  }

  List<SpoolIndex> entries() {
    return indices.stream().map(SpoolIndex::parse).toList();
  }
}
