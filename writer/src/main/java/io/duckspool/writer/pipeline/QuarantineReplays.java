package io.duckspool.writer.pipeline;

import io.duckspool.common.admin.AdminJson;
import io.duckspool.common.server.AtomicFile;
import io.duckspool.common.server.ServerFolder;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.writer.sink.Sink;
import io.duckspool.writer.sink.SinkException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The last 1,000 replays of quarantines into the target of a server: a file of JSON in its folder,
 * {@code quarantine.replays.json}. What they stored is in the target alone, at places that the
 * ledger had passed before: one that is restored to an earlier state can lack it, and its ledger
 * doesn't tell. The seals that the target notes do.
 *
 * <p>Used by the pipeline's thread.
 */
final class QuarantineReplays {

  static final int MAX_REPLAYS = 1_000;

  private static final Logger LOG = LoggerFactory.getLogger(QuarantineReplays.class);
  private static final int VERSION = 1;

  private final Path file;

  QuarantineReplays(ServerFolder folder) {
    this.file = folder.path().resolve("quarantine.replays.json");
  }

  /**
   * One commit of a replay.
   *
   * @param replayId the {@code spool_id} of its seal
   * @param target as its sink names it
   * @param spoolId that the entries are from
   * @param storedAt ISO-8601, UTC
   * @param firstIndex of its first entry
   * @param lastIndex of its last one
   */
  public record Stored(
      String replayId,
      String target,
      String spoolId,
      String storedAt,
      long entries,
      long rows,
      String firstIndex,
      String lastIndex) {

    Stored(
        QuarantineIntent intent, String spoolId, String storedAt, List<SpoolIndex> of, long rows) {
      this(
          intent.replayId(),
          intent.target(),
          spoolId,
          storedAt,
          of.size(),
          rows,
          of.get(0).toString(),
          of.get(of.size() - 1).toString());
    }

    private boolean isReadAgain(String ownSpoolId, SpoolIndex from) {
      return spoolId.equals(ownSpoolId) && SpoolIndex.parse(firstIndex).compareTo(from) >= 0;
    }
  }

  /**
   * The file, oldest first.
   *
   * @param version of this format, 1
   */
  public record Content(int version, List<Stored> replays) {
    public Content {
      replays = List.copyOf(replays);
    }
  }

  /** Adds a replay, once; the oldest beyond the bound is forgotten. Durable when it returns. */
  void add(Stored stored) throws IOException {
    List<Stored> replays = new ArrayList<>(read());
    if (replays.stream().noneMatch(other -> other.replayId().equals(stored.replayId()))) {
      replays.add(stored);
      write(replays.subList(Math.max(0, replays.size() - MAX_REPLAYS), replays.size()));
    }
  }

  /**
   * Says, once, what the target has no more and will not get again.
   *
   * @param from where the server's own spool is read on
   * @throws SinkException the target doesn't say
   */
  void compare(PipelineSettings settings, Sink sink, SpoolIndex from) throws SinkException {
    try {
      List<Stored> replays = read();
      List<Stored> here =
          replays.stream().filter(stored -> stored.target().equals(sink.target())).toList();
      if (here.isEmpty() || !sink.notesSeals()) {
        return;
      }
      Set<String> ids = here.stream().map(Stored::replayId).collect(Collectors.toSet());
      Set<String> present = sink.sealed(ids);
      Set<Stored> missing =
          here.stream()
              .filter(stored -> !present.contains(stored.replayId()))
              .collect(Collectors.toSet());
      if (missing.isEmpty()) {
        return;
      }
      List<Stored> lost =
          here.stream()
              .filter(missing::contains)
              .filter(stored -> !stored.isReadAgain(settings.spoolId(), from))
              .toList();
      if (!lost.isEmpty()) {
        name(settings.listenUri(), lost);
      }
      write(replays.stream().filter(stored -> !missing.contains(stored)).toList());
    } catch (IOException e) {
      LOG.warn(
          "{}: it is not known whether the target has what was replayed", settings.listenUri(), e);
    }
  }

  private static void name(String listenUri, List<Stored> lost) {
    Stored first = lost.get(0);
    Stored last = lost.get(lost.size() - 1);
    LOG.warn(
        "{}: {} entries with {} rows, which `quarantine replay` stored from {} to {} (from {} of"
            + " spool {} to {} of spool {}), are neither in the target nor in quarantine: the"
            + " target was restored to an earlier state, or their seals were deleted from"
            + " duckspool_seals",
        listenUri,
        lost.stream().mapToLong(Stored::entries).sum(),
        lost.stream().mapToLong(Stored::rows).sum(),
        first.storedAt(),
        last.storedAt(),
        first.firstIndex(),
        first.spoolId(),
        last.lastIndex(),
        last.spoolId());
  }

  private List<Stored> read() throws IOException {
    try {
      Content content = AdminJson.read(Files.readAllBytes(file), Content.class);
      if (content.version() != VERSION) {
        throw new IOException(
            "the list of replays has format version "
                + content.version()
                + ", not "
                + VERSION
                + ": upgrade the writer: "
                + file);
      }
      return content.replays();
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IllegalArgumentException e) {
      LOG.warn("the list of replays is damaged, and begun anew: {}", file, e);
      return List.of();
    }
  }

  private void write(List<Stored> replays) throws IOException {
    AtomicFile.replace(
        file, AdminJson.MAPPER.writeValueAsBytes(new Content(VERSION, List.copyOf(replays))));
  }
}
