package io.duckspool.writer.pipeline;

import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.spool.Envelope;
import io.duckspool.spool.SpoolEntry;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.writer.batch.Batch;
import io.duckspool.writer.batch.BatchFullException;
import io.duckspool.writer.batch.SealLimits;
import io.duckspool.writer.batch.SealedBatch;
import io.duckspool.writer.quarantine.QuarantineReason;
import io.duckspool.writer.quarantine.QuarantineStore;
import io.duckspool.writer.quarantine.QuarantinedFile;
import io.duckspool.writer.quarantine.QuarantinedFile.Content;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Entries of a quarantine as rows: as many of those asked for as a batch may hold. Used by the
 * pipeline's thread, which closes it.
 */
final class ReplayPortion implements AutoCloseable {

  private final List<SpoolIndex> taken = new ArrayList<>();
  private final List<Failure> failures = new ArrayList<>();
  private final SealedBatch rows;
  private final int lookedAt;

  /** An entry that can't be stored. */
  record Failure(SpoolIndex index, QuarantineReason reason, String error, boolean isOfTheEntry) {}

  /**
   * Reads entries until the batch is full.
   *
   * @param indices in order, none twice
   * @param without tables that have their rows already
   * @throws BatchFullException there is no memory for the first one
   * @throws IOException a file can't be read
   */
  ReplayPortion(
      QuarantineStore store,
      List<SpoolIndex> indices,
      Batch batch,
      EntryDecoder decoder,
      SealLimits limits,
      Set<OtlpTable> without)
      throws IOException {
    try (batch) {
      int next = 0;
      while (next < indices.size() && !isFull(batch, limits)) {
        if (!take(store.find(indices.get(next)), indices.get(next), batch, decoder, without)) {
          break;
        }
        next++;
      }
      lookedAt = next;
      rows = batch.seal();
    }
  }

  private static boolean isFull(Batch batch, SealLimits limits) {
    return batch.payloadBytes() >= limits.sealTargetBytes()
        || batch.decodedBytes() >= limits.maxBatchBytes()
        || batch.rows() >= limits.maxBatchRows();
  }

  private boolean take(
      Optional<QuarantinedFile> file,
      SpoolIndex index,
      Batch batch,
      EntryDecoder decoder,
      Set<OtlpTable> without)
      throws IOException {
    if (file.isEmpty()) {
      failures.add(new Failure(index, QuarantineReason.UNKNOWN, "it is not in quarantine", false));
      return true;
    }
    Content content = file.get().content();
    if (!(content instanceof Content.Entry entry) || file.get().fault().isPresent()) {
      failures.add(unreadable(index, file.get(), content));
      return true;
    }
    Envelope envelope = entry.envelope();
    try {
      decoder.decode(
          new SpoolEntry(
              index,
              envelope.after(),
              envelope.meta(),
              entry.array(),
              envelope.headerBytes(),
              envelope.payloadBytes()),
          batch,
          without);
      taken.add(index);
    } catch (UndecodableEntryException e) {
      failures.add(new Failure(index, e.reason(), String.valueOf(e.getMessage()), true));
    } catch (BatchFullException e) {
      if (taken.isEmpty()) {
        throw e;
      }
      return false;
    }
    return true;
  }

  private static Failure unreadable(SpoolIndex index, QuarantinedFile file, Content content) {
    if (content instanceof Content.Damage && file.fault().isEmpty()) {
      return new Failure(
          index,
          QuarantineReason.DAMAGE,
          "it is damage, in which no entry can be read: export it",
          false);
    }
    String why =
        file.fault()
            .orElse(content instanceof Content.Unreadable unreadable ? unreadable.why() : "");
    return new Failure(
        index, QuarantineReason.UNKNOWN, "its file is corrupt: " + why + "; export it", false);
  }

  /** Entries whose rows are here. */
  List<SpoolIndex> taken() {
    return taken;
  }

  /** Entries that can't be stored, or are none. */
  List<Failure> failures() {
    return failures;
  }

  /** So many of the entries that were asked for are in one of the two. */
  int lookedAt() {
    return lookedAt;
  }

  SealedBatch rows() {
    return rows;
  }

  @Override
  public void close() {
    rows.close();
  }
}
