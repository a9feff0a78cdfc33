package io.duckspool.writer.pipeline;

import io.duckspool.common.admin.AdminApi.SealRow;
import io.duckspool.common.fault.CrashPoint;
import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolPosition;
import io.duckspool.writer.batch.BatchFullException;
import io.duckspool.writer.batch.SealLimits;
import io.duckspool.writer.batch.SealTrigger;
import io.duckspool.writer.batch.SealedBatch;
import io.duckspool.writer.pipeline.ReplayPortion.Failure;
import io.duckspool.writer.quarantine.QuarantineReason;
import io.duckspool.writer.quarantine.QuarantineStore;
import io.duckspool.writer.sink.LedgerMove;
import io.duckspool.writer.sink.LedgerRow;
import io.duckspool.writer.sink.Sink;
import io.duckspool.writer.sink.SinkException;
import io.duckspool.writer.sink.TablesAhead;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stores entries of a quarantine, each exactly once, in the target of a server. Their place in the
 * ledger of their spool is passed, so each commit of a replay has a ledger row of its own, under a
 * random id, which moves from 0-0 to 0-1 with the rows:
 *
 * <ol>
 *   <li>the entries are decoded; those that can't be stay, with their new error;
 *   <li>the {@link QuarantineIntent} is written: id, target, entries;
 *   <li>the ledger row is made;
 *   <li>rows and ledger row are committed;
 *   <li>the intent says so; the replay is noted in {@link QuarantineReplays}; the files of the
 *       entries are removed;
 *   <li>the ledger row is removed, then the intent.
 * </ol>
 *
 * <p>Invariant: while an intent is there, nothing else is begun in that quarantine. A file that it
 * names is removed only once it says that the commit is known.
 *
 * <p>If the process dies here, {@link #settle} asks the ledger: the row has moved, or the intent
 * says so: the rest is done; else the same entries are committed once more, under the same id, so
 * that a commit that had no answer and this one can't both be applied. One that died twice on the
 * way is given up, by removing its ledger row: its entries are in quarantine as before.
 *
 * <p>Used by the pipeline's thread.
 */
final class QuarantineReplay {

  private static final Logger LOG = LoggerFactory.getLogger(QuarantineReplay.class);

  /** A start tries an intent again that died once: more deaths would be its own. */
  private static final int MAX_TRIES = 2;

  private static final SpoolPosition START = SpoolPosition.startOf(0);
  private static final SpoolIndex END = new SpoolIndex(0, 1);
  private static final int ID_BYTES = 16;

  /** What was one batch once is one again. */
  private static final SealLimits UNBOUNDED =
      new SealLimits(Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE);

  private final PipelineSettings settings;
  private final PipelineParts parts;
  private final Sink sink;
  private final BatchBounds bounds;
  private final SealLog log;
  private final EntryDecoder decoder;
  private final QuarantineReplays replays;
  private final SecureRandom random = new SecureRandom();

  /** Why the last look could not settle what is open; said once. */
  private String trouble = "";

  /**
   * @param settings of the server that the target is of
   * @param sink stays open
   */
  QuarantineReplay(
      PipelineSettings settings, PipelineParts parts, Sink sink, BatchBounds bounds, SealLog log) {
    this.settings = settings;
    this.parts = parts;
    this.sink = sink;
    this.bounds = bounds;
    this.log = log;
    this.decoder = new EntryDecoder(settings.promoted());
    this.replays = new QuarantineReplays(settings.folder());
  }

  /** What came of a replay. */
  record Replayed(long entries, long rows, List<Failure> failures) {}

  /** A replay in work: what came of it so far. */
  private static final class Tally {
    private long entries;
    private long rows;
    private final List<Failure> failures = new ArrayList<>();

    Replayed replayed() {
      return new Replayed(entries, rows, List.copyOf(failures));
    }
  }

  /** It can't go on now; what is done is done. */
  private static final class StuckException extends Exception {
    private static final long serialVersionUID = 1L;

    StuckException(String message) {
      super(message);
    }
  }

  /**
   * Stores entries. Blocking, as long as their commits take.
   *
   * @param spoolId of the spool that they are from
   * @param indices of entries that the ledger of their spool has passed
   */
  Outcome<Replayed> replay(QuarantineStore store, String spoolId, List<SpoolIndex> indices)
      throws IOException {
    Tally tally = new Tally();
    try {
      settle(store, spoolId, true, tally);
      Deque<List<SpoolIndex>> groups = new ArrayDeque<>();
      groups.push(indices);
      while (!groups.isEmpty()) {
        List<SpoolIndex> group = groups.pop();
        if (!group.isEmpty()) {
          if (isOpen(store)) {
            throw new StuckException("the target can't be asked to forget the ledger row of these");
          }
          replayGroup(store, spoolId, group, groups, tally);
        }
      }
      return new Outcome.Done<>(tally.replayed());
    } catch (StuckException e) {
      return new Outcome.NotNow<>(
          tally.entries == 0
              ? String.valueOf(e.getMessage())
              : "%d entries are stored, then: %s".formatted(tally.entries, e.getMessage()));
    }
  }

  /** Whether something of an earlier replay is left to be done. */
  static boolean isOpen(QuarantineStore store) {
    return QuarantineIntent.isThere(store.folder());
  }

  /** Whether nothing is left of an earlier replay, once this was called. */
  boolean settle(QuarantineStore store, String spoolId) {
    try {
      settle(store, spoolId, false, new Tally());
      trouble = "";
      return !isOpen(store);
    } catch (StuckException | IOException e) {
      String now = String.valueOf(e.getMessage());
      if (!now.equals(trouble)) {
        LOG.warn(
            "{}: a replay of the quarantine is not settled, trying again", settings.listenUri(), e);
      }
      trouble = now;
      return false;
    }
  }

  private void settle(QuarantineStore store, String spoolId, boolean isAsked, Tally tally)
      throws IOException, StuckException {
    Optional<QuarantineIntent> open = QuarantineIntent.read(store.folder());
    if (open.isEmpty()) {
      return;
    }
    QuarantineIntent intent = open.get();
    if (!intent.target().equals(sink.target())) {
      throw new StuckException(
          "an earlier replay into %s is not settled: replay into a server with that target first"
              .formatted(intent.target()));
    }
    try {
      Optional<LedgerRow> row = sink.readLedger(intent.replayId());
      boolean isMoved =
          row.filter(r -> r.ahead().isEmpty() && r.position().next().equals(END)).isPresent();
      if (intent.committed() || isMoved) {
        LOG.info("{}: finishing a replay of the quarantine", settings.listenUri());
        finish(store, spoolId, intent);
        if (isAsked && isOpen(store)) {
          throw new StuckException("the target can't be asked to forget an earlier replay");
        }
      } else if (isAsked || intent.tries() < MAX_TRIES) {
        again(store, spoolId, intent.triedAgain(), row, tally);
      } else if (row.flatMap(LedgerRow::ahead).isPresent()) {
        throw new StuckException(
            "a replay is in some tables alone, and died on its way to the others: replay once more");
      } else {
        giveUp(store, intent);
      }
    } catch (SinkException e) {
      throw new StuckException(e.reason());
    }
  }

  /** Commits what an intent names, where that isn't done yet. */
  private void again(
      QuarantineStore store,
      String spoolId,
      QuarantineIntent intent,
      Optional<LedgerRow> row,
      Tally tally)
      throws IOException, SinkException, StuckException {
    intent.write(store.folder());
    Optional<TablesAhead> ahead = row.flatMap(LedgerRow::ahead);
    try (ReplayPortion portion = read(store, intent.entries(), present(ahead), UNBOUNDED)) {
      if (portion.taken().size() == intent.indices().size()) {
        store(store, spoolId, intent, portion, tally);
        return;
      }
      if (ahead.isPresent()) {
        throw new StuckException(
            "a replay is in some tables alone, and its entries can't be decoded any more");
      }
    }
    giveUp(store, intent);
  }

  private static Set<OtlpTable> present(Optional<TablesAhead> ahead) {
    Set<OtlpTable> present = EnumSet.noneOf(OtlpTable.class);
    for (OtlpTable table : OtlpTable.values()) {
      if (ahead.isPresent() && ahead.get().has(table.tableName(), START.next())) {
        present.add(table);
      }
    }
    return present;
  }

  /**
   * Stores as many of a group as one commit takes.
   *
   * @param groups gets what is left, or the halves of what has to be tried in parts
   */
  private void replayGroup(
      QuarantineStore store,
      String spoolId,
      List<SpoolIndex> group,
      Deque<List<SpoolIndex>> groups,
      Tally tally)
      throws IOException, StuckException {
    try (ReplayPortion portion = read(store, group, Set.of(), bounds.limits())) {
      groups.push(group.subList(portion.lookedAt(), group.size()));
      for (Failure failure : portion.failures()) {
        fail(store, failure, tally);
      }
      if (portion.taken().isEmpty()) {
        return;
      }
      QuarantineIntent intent =
          new QuarantineIntent(
              newId(),
              sink.target(),
              1,
              false,
              portion.taken().stream().map(SpoolIndex::toString).toList());
      intent.write(store.folder());
      CrashPoint.QUARANTINE_REPLAY_NOTED.reached();
      SealOutcome refused = store(store, spoolId, intent, portion, tally);
      if (refused instanceof SealOutcome.Committed) {
        return;
      }
      List<SpoolIndex> taken = portion.taken();
      if (taken.size() > 1) {
        groups.push(taken.subList(taken.size() / 2, taken.size()));
        groups.push(taken.subList(0, taken.size() / 2));
      } else if (refused instanceof SealOutcome.EntryToBlame blame) {
        fail(
            store,
            new Failure(taken.get(0), QuarantineReason.REJECTED_BY_TARGET, blame.error(), true),
            tally);
      } else {
        throw new StuckException(((SealOutcome.OutOfMemory) refused).error());
      }
    }
  }

  private ReplayPortion read(
      QuarantineStore store, List<SpoolIndex> indices, Set<OtlpTable> without, SealLimits limits)
      throws IOException, StuckException {
    try {
      return new ReplayPortion(
          store, indices, parts.memory().openBatch(settings.promoted()), decoder, limits, without);
    } catch (BatchFullException e) {
      throw new StuckException("the memory of the batches is used up: " + e.getMessage());
    }
  }

  /**
   * Makes one attempt to commit.
   *
   * @return committed, and all that follows is done; or given up, because of the entries or because
   *     there are too many of them
   * @throws StuckException the target failed, or doesn't say; the intent is there where it must be
   */
  private SealOutcome store(
      QuarantineStore store,
      String spoolId,
      QuarantineIntent intent,
      ReplayPortion portion,
      Tally tally)
      throws IOException, StuckException {
    Sealer sealer = new Sealer(sink);
    Instant startedAt = parts.clock().instant();
    long startedNanos = parts.nanoTicker().getAsLong();
    SealedBatch rows = portion.rows();
    SealOutcome outcome;
    try {
      LedgerRow row =
          sink.prepare(
              new LedgerRow(intent.replayId(), settings.listenUri(), spoolId, START, 0, startedAt));
      CrashPoint.QUARANTINE_REPLAY_LEDGER_MADE.reached();
      long entries = intent.indices().size();
      LedgerMove move =
          new LedgerMove(
              intent.replayId(),
              settings.listenUri(),
              START.next(),
              new SpoolPosition(END, entries, rows.rows(), rows.payloadBytes()),
              spoolId,
              SealTrigger.REPLAY,
              startedAt,
              row.ahead());
      outcome = sealer.attempt(rows, move);
    } catch (SinkException e) {
      outcome = new SealOutcome.Failed(e.reason());
    }
    if (outcome instanceof SealOutcome.Committed committed) {
      long rowCount = rows.rows() + skipped(rows);
      tally.entries += intent.indices().size();
      tally.rows += rowCount;
      log.add(sealRow(intent, rows, rowCount, startedAt, startedNanos, committed));
      LOG.info(
          "{}: {} entries with {} rows of spool {} were stored from quarantine",
          settings.listenUri(),
          intent.indices().size(),
          rowCount,
          spoolId);
      finish(store, spoolId, intent);
      return outcome;
    }
    boolean isOfTheBatch =
        outcome instanceof SealOutcome.EntryToBlame || outcome instanceof SealOutcome.OutOfMemory;
    boolean isOfTheTarget =
        outcome instanceof SealOutcome.Failed || outcome instanceof SealOutcome.Refused;
    // An earlier try may yet be applied; a ledger that has moved may have been moved by one.
    boolean isUnanswered = intent.tries() > 1 || sealer.unknownUpTo().isPresent();
    if (isOfTheBatch || (isOfTheTarget && !isUnanswered)) {
      giveUp(store, intent);
    }
    if (isOfTheBatch) {
      return outcome;
    }
    throw new StuckException(errorOf(outcome));
  }

  private static long skipped(SealedBatch rows) {
    return Stream.of(OtlpTable.values()).mapToLong(rows::skippedRows).sum();
  }

  private static String errorOf(SealOutcome outcome) {
    if (outcome instanceof SealOutcome.Failed failed) {
      return failed.error();
    }
    if (outcome instanceof SealOutcome.Refused refused) {
      return refused.error();
    }
    return outcome instanceof SealOutcome.LedgerMoved moved
        ? moved.error()
        : ((SealOutcome.Fenced) outcome).error();
  }

  /**
   * What follows a commit; each step may be repeated. Where the ledger row can't be removed now,
   * the intent stays, and has it removed later.
   */
  private void finish(QuarantineStore store, String spoolId, QuarantineIntent intent)
      throws IOException {
    CrashPoint.QUARANTINE_REPLAY_COMMITTED.reached();
    intent.afterCommit().write(store.folder());
    List<SpoolIndex> entries = intent.entries();
    if (sink.notesSeals() && !settings.isTargetVolatile()) {
      String now = parts.clock().instant().toString();
      replays.add(
          new QuarantineReplays.Stored(intent, spoolId, now, entries, store.rowCount(entries)));
    }
    store.stored(entries);
    try {
      boolean unused = sink.removeLedger(intent.replayId());
    } catch (SinkException e) {
      LOG.warn("the ledger row of replay {} stays for now", intent.replayId(), e);
      return;
    }
    CrashPoint.QUARANTINE_REPLAY_LEDGER_REMOVED.reached();
    QuarantineIntent.remove(store.folder());
  }

  /**
   * Nothing of it is in the target, and nothing will be: without its row a late commit fails.
   *
   * @throws StuckException the row can't be removed; the intent stays
   */
  private void giveUp(QuarantineStore store, QuarantineIntent intent)
      throws IOException, StuckException {
    try {
      boolean unused = sink.removeLedger(intent.replayId());
    } catch (SinkException e) {
      throw new StuckException(e.reason());
    }
    QuarantineIntent.remove(store.folder());
  }

  private static void fail(QuarantineStore store, Failure failure, Tally tally) throws IOException {
    if (failure.isOfTheEntry()) {
      store.failedAgain(failure.index(), failure.reason(), failure.error());
    }
    tally.failures.add(failure);
  }

  private SealRow sealRow(
      QuarantineIntent intent,
      SealedBatch rows,
      long rowCount,
      Instant startedAt,
      long startedNanos,
      SealOutcome.Committed committed) {
    return new SealRow(
        settings.listenUri(),
        intent.replayId(),
        committed.commit().ledger().seals(),
        SealTrigger.REPLAY.text(),
        startedAt.toString(),
        (parts.nanoTicker().getAsLong() - startedNanos) / 1_000_000,
        0,
        committed.commit().appendNanos() / 1_000_000,
        committed.commit().commitNanos() / 1_000_000,
        intent.indices().size(),
        rowCount,
        rows.payloadBytes(),
        0,
        START.next().toString(),
        END.toString(),
        "committed",
        null);
  }

  private String newId() {
    byte[] id = new byte[ID_BYTES];
    random.nextBytes(id);
    return HexFormat.of().formatHex(id);
  }
}
