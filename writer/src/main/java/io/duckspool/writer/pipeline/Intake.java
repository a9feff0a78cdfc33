package io.duckspool.writer.pipeline;

import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.spool.SpoolEntry;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolPosition;
import io.duckspool.spool.SpoolRead;
import io.duckspool.writer.batch.Batch;
import io.duckspool.writer.batch.BatchFullException;
import io.duckspool.writer.batch.SealPolicy;
import io.duckspool.writer.batch.SealedBatch;
import io.duckspool.writer.quarantine.DamagedRange;
import io.duckspool.writer.quarantine.QuarantineNote;
import io.duckspool.writer.quarantine.QuarantineNote.Kind;
import io.duckspool.writer.quarantine.QuarantineReason;
import io.duckspool.writer.quarantine.QuarantineStore;
import io.duckspool.writer.sink.TablesAhead;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The open batch of a pipeline: what was read since the last seal, as rows or as files in
 * quarantine.
 *
 * <p>Invariant: everything from {@code first} to {@link #next()} is in the batch, or in quarantine
 * and on disk. Used by the pipeline's thread, which closes it.
 */
final class Intake implements AutoCloseable {

  /** So many in a row are no accident of single entries. */
  static final int MAX_QUARANTINED_IN_A_ROW = 100;

  private static final Logger LOG = LoggerFactory.getLogger(Intake.class);

  private final String listenUri;
  private Batch batch;
  private EntryDecoder decoder;
  private final QuarantineStore quarantine;
  private final DeathWatch watch;
  private final InstantSource clock;
  private final LongSupplier nanoTicker;

  /** Entries that the target refused, or that kill the process, with the reason. */
  private final Map<SpoolIndex, Verdict> condemned = new HashMap<>();

  private int quarantinedInARow;

  /** As of the ledger: a batch that is read again counts from here. */
  private int committedQuarantinedInARow;

  private SpoolPosition next;
  private Optional<TablesAhead> ahead = Optional.empty();
  private @Nullable SpoolIndex firstEntry;
  private long entryCount;
  private long payloadBytes;
  private long quarantinedCount;
  private long decodeNanos;
  private long openedNanos;
  private long oldestUnixNanos = Long.MAX_VALUE;

  Intake(
      String listenUri,
      Batch batch,
      EntryDecoder decoder,
      QuarantineStore quarantine,
      DeathWatch watch,
      InstantSource clock,
      LongSupplier nanoTicker) {
    this.listenUri = listenUri;
    this.batch = batch;
    this.decoder = decoder;
    this.quarantine = quarantine;
    this.watch = watch;
    this.clock = clock;
    this.nanoTicker = nanoTicker;
    this.next = SpoolPosition.startOf(0);
  }

  /** Why an entry can't be stored: in a word, and in more of them. */
  private record Verdict(QuarantineReason reason, String error) {}

  /**
   * What was taken in between two positions, frozen. The rows are closed by the pipeline.
   *
   * @param firstEntry the first entry in it; empty when it holds damage alone
   */
  record Taken(
      SealedBatch rows,
      Optional<SpoolIndex> firstEntry,
      SpoolPosition next,
      long entryCount,
      long payloadBytes,
      long decodedBytes,
      long quarantinedCount,
      long decodeNanos,
      long oldestUnixNanos) {

    /** Entries that are in the batch as rows. */
    long storedCount() {
      return rows.entries();
    }
  }

  /**
   * Forgets what was taken, and begins at a position with other columns.
   *
   * @param other closed with this intake
   * @param otherDecoder for the columns of the batch
   */
  void promote(Batch other, EntryDecoder otherDecoder, SpoolPosition from) {
    batch.close();
    batch = other;
    decoder = otherDecoder;
    beginAt(from, Optional.empty());
  }

  /**
   * Forgets what was taken and begins at a position.
   *
   * @param tables what the target has beyond it already, which is not taken again
   */
  void beginAt(SpoolPosition from, Optional<TablesAhead> tables) {
    batch.clear();
    quarantinedInARow = committedQuarantinedInARow;
    ahead = tables;
    reset(from);
  }

  /**
   * Whether everything is taken that only some tables have: the batch then ends where the seal did
   * that was applied in part.
   */
  boolean hasCaughtUp() {
    return ahead.isPresent() && next.compareTo(ahead.get().position()) >= 0 && entryCount > 0;
  }

  /**
   * Takes an entry up.
   *
   * @return false when it has to wait for the next batch, because the memory is used up
   * @throws BatchFullException the memory is used up by others, this batch is empty
   * @throws IOException the quarantine or the attempts note can't be written
   */
  boolean take(SpoolEntry entry) throws IOException {
    if (firstEntry == null) { // Damage may be in the batch before it.
      if (watch.condemns(entry.index())) {
        condemned.put(
            entry.index(),
            new Verdict(
                QuarantineReason.KILLS_PROCESS,
                "the process died each time this entry was in hand"));
        watch.found();
      }
      watch.begin(entry.index());
      firstEntry = entry.index();
    }
    Verdict verdict = condemned.get(entry.index());
    if (verdict == null) {
      long begin = nanoTicker.getAsLong();
      try {
        decoder.decode(entry, batch, present(entry.index()));
        quarantine.takeBack(entry.index());
        quarantinedInARow = 0;
      } catch (UndecodableEntryException e) {
        verdict = new Verdict(e.reason(), String.valueOf(e.getMessage()));
        if (quarantinedInARow == 0) {
          LOG.warn("{}: entry {} goes to quarantine", listenUri, entry.index(), e);
        }
      } catch (BatchFullException e) {
        if (entryCount == 0) {
          throw e;
        }
        return false;
      } finally {
        decodeNanos += nanoTicker.getAsLong() - begin;
      }
    }
    if (verdict != null) {
      quarantine(entry, verdict);
    }
    count(entry.after(), 1, entry.payloadLength(), entry.meta().receivedUnixNanos());
    return true;
  }

  /** Tables that have the rows of an entry already. */
  private Set<OtlpTable> present(SpoolIndex entry) {
    if (ahead.isEmpty()) {
      return Set.of();
    }
    Set<OtlpTable> present = EnumSet.noneOf(OtlpTable.class);
    for (OtlpTable table : OtlpTable.values()) {
      if (ahead.get().has(table.tableName(), entry)) {
        present.add(table);
      }
    }
    return present;
  }

  /** Takes a damaged range up: its bytes go to quarantine, its entries are lost. */
  void take(SpoolRead.Damaged damaged) throws IOException {
    QuarantineNote note =
        new QuarantineNote(
            Kind.DAMAGE,
            damaged.from().next(),
            damaged.to().next(),
            damaged.lostEntries(),
            damaged.lostRows(),
            QuarantineReason.DAMAGE,
            DamagedRange.of(damaged.bytes()),
            damaged.reason(),
            clock.instant().toString());
    LOG.error(
        "{}: the spool is damaged from {} to {}{}: {} entries with {} rows are lost ({}); the bytes"
            + " are in quarantine",
        listenUri,
        note.first(),
        note.next(),
        note.damagedRanges().stream().map(range -> ", " + range).collect(Collectors.joining()),
        note.entries(),
        note.rows(),
        note.error());
    quarantine.putDamage(note, damaged.bytes());
    quarantinedCount += damaged.lostEntries();
    count(damaged.to(), 1, damaged.lostBytes(), Long.MAX_VALUE);
  }

  /** Passes bytes between two entries that are damaged and hold none. */
  void pass(SpoolRead.Damaged damaged) {
    LOG.warn(
        "{}: the spool is damaged before {}, no entry is lost ({}): {}",
        listenUri,
        damaged.to().next(),
        damaged.reason(),
        DamagedRange.of(damaged.bytes()));
  }

  /** The target refused this entry: to quarantine when it comes again. */
  void condemn(SpoolIndex index, String error) {
    condemned.put(index, new Verdict(QuarantineReason.REJECTED_BY_TARGET, error));
  }

  /** Freezes what was taken; the next batch begins behind it. */
  Taken freeze() {
    ahead = ahead.filter(tables -> tables.position().compareTo(next) > 0);
    long decodedBytes = batch.decodedBytes();
    Taken taken =
        new Taken(
            batch.seal(),
            Optional.ofNullable(firstEntry),
            next,
            entryCount,
            payloadBytes,
            decodedBytes,
            quarantinedCount,
            decodeNanos,
            oldestUnixNanos);
    reset(next);
    return taken;
  }

  /** What {@link SealPolicy} looks at. */
  SealPolicy.Moment moment(boolean moreReadable, SealPolicy.Request request) {
    long nowMillis = clock.millis();
    long oldestAge =
        oldestUnixNanos == Long.MAX_VALUE
            ? 0
            : nowMillis - TimeUnit.NANOSECONDS.toMillis(oldestUnixNanos);
    long open = TimeUnit.NANOSECONDS.toMillis(nanoTicker.getAsLong() - openedNanos);
    return new SealPolicy.Moment(
        entryCount,
        batch.rows(),
        payloadBytes,
        batch.decodedBytes(),
        oldestAge,
        entryCount == 0 ? 0 : open,
        moreReadable,
        request);
  }

  /** Behind the last entry that was taken. */
  SpoolPosition next() {
    return next;
  }

  long entryCount() {
    return entryCount;
  }

  long decodedBytes() {
    return batch.decodedBytes();
  }

  /** When the oldest entry in the batch arrived; the largest number when there is none. */
  long oldestUnixNanos() {
    return oldestUnixNanos;
  }

  boolean hasTooManyInQuarantineInARow() {
    return quarantinedInARow >= MAX_QUARANTINED_IN_A_ROW;
  }

  void forgetQuarantinedInARow() {
    quarantinedInARow = 0;
    committedQuarantinedInARow = 0;
  }

  /** Another target may take what this one refused. */
  void forgetVerdicts() {
    condemned.clear();
  }

  /** What was frozen is committed: forgets verdicts on entries that the ledger has passed. */
  void committed(SpoolIndex nextIndex) {
    committedQuarantinedInARow = quarantinedInARow;
    condemned.keySet().removeIf(index -> index.compareTo(nextIndex) < 0);
  }

  @Override
  public void close() {
    batch.close();
  }

  private void quarantine(SpoolEntry entry, Verdict verdict) throws IOException {
    SpoolIndex index = entry.index();
    quarantine.put(
        new QuarantineNote(
            Kind.ENTRY,
            index,
            entry.after().next(),
            1,
            entry.meta().rows(),
            verdict.reason(),
            verdict.error(),
            clock.instant().toString()),
        ByteBuffer.wrap(entry.array(), 0, entry.payloadOffset() + entry.payloadLength()));
    quarantinedCount++;
    quarantinedInARow++;
  }

  private void count(SpoolPosition after, long entries, long bytes, long receivedUnixNanos) {
    if (entryCount == 0) {
      openedNanos = nanoTicker.getAsLong();
    }
    next = after;
    entryCount += entries;
    payloadBytes += bytes;
    oldestUnixNanos = Math.min(oldestUnixNanos, receivedUnixNanos);
  }

  private void reset(SpoolPosition from) {
    next = from;
    firstEntry = null;
    entryCount = 0;
    payloadBytes = 0;
    quarantinedCount = 0;
    decodeNanos = 0;
    openedNanos = 0;
    oldestUnixNanos = Long.MAX_VALUE;
  }
}
