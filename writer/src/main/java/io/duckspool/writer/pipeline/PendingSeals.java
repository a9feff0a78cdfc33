package io.duckspool.writer.pipeline;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.writer.batch.SealPolicy;
import io.duckspool.writer.batch.SealTrigger;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.ToLongFunction;

/**
 * Flushes and stops that wait for their seal; several may be answered by one. Each is answered
 * once: when everything before its index is committed, or when the next attempt fails.
 *
 * <p>Used by the pipeline's thread. Bounded by the pipeline's mailbox and {@link #MAX_PENDING}.
 */
final class PendingSeals {

  /** More callers than this at once are told to come back. */
  static final int MAX_PENDING = 1_024;

  /** The rows of a request are counted once the pipeline knows where it stands. */
  static final long NOT_COUNTED = -1;

  private final List<Waiting> waiting = new ArrayList<>();

  private record Waiting(
      SpoolIndex upTo,
      SealTrigger trigger,
      long rowCount,
      CompletableFuture<AdminApi.Sealed> reply) {}

  /**
   * Takes a request up.
   *
   * @param rowCount rows between the committed index and the asked one, at this moment, or {@link
   *     #NOT_COUNTED}
   */
  void add(PipelineCommand.Seal request, long rowCount, long sealsTotal) {
    if (waiting.size() >= MAX_PENDING) {
      request.reply().complete(failed("too many flushes wait already: " + MAX_PENDING, sealsTotal));
      return;
    }
    waiting.add(new Waiting(request.upTo(), request.trigger(), rowCount, request.reply()));
  }

  /** Counts the rows of those that came too early for it. */
  void countRows(ToLongFunction<SpoolIndex> rowsUpTo) {
    waiting.replaceAll(
        w ->
            w.rowCount() == NOT_COUNTED
                ? new Waiting(w.upTo(), w.trigger(), rowsUpTo.applyAsLong(w.upTo()), w.reply())
                : w);
  }

  /**
   * What is asked of a batch that reaches up to an index. While more can be read the batch grows
   * until it reaches all of them; callers that gave up don't count.
   */
  SealPolicy.Request request(SpoolIndex reached, boolean moreReadable) {
    waiting.removeIf(w -> w.reply().isDone());
    List<Waiting> served = waiting.stream().filter(w -> w.upTo().compareTo(reached) <= 0).toList();
    if (served.isEmpty() || (moreReadable && served.size() < waiting.size())) {
      return SealPolicy.Request.NONE;
    }
    return served.stream().anyMatch(w -> w.trigger() == SealTrigger.STOP)
        ? SealPolicy.Request.STOP
        : SealPolicy.Request.FLUSH;
  }

  /** Answers those whose index is reached: everything before {@code committed} is in the target. */
  void committed(SpoolIndex committed, long sealsTotal) {
    Iterator<Waiting> each = waiting.iterator();
    while (each.hasNext()) {
      Waiting one = each.next();
      if (one.upTo().compareTo(committed) <= 0) {
        one.reply().complete(new AdminApi.Sealed("sealed", one.rowCount(), sealsTotal, null));
        each.remove();
      }
    }
  }

  /** Answers all: the server is removed, with everything committed. */
  void sealedAtTheEnd(long sealsTotal) {
    for (Waiting one : waiting) {
      long rowCount = one.rowCount() == NOT_COUNTED ? 0 : one.rowCount();
      one.reply().complete(new AdminApi.Sealed("sealed", rowCount, sealsTotal, null));
    }
    waiting.clear();
  }

  /** Answers all: the attempt failed. */
  void fail(String error, long sealsTotal) {
    waiting.forEach(one -> one.reply().complete(failed(error, sealsTotal)));
    waiting.clear();
  }

  private static AdminApi.Sealed failed(String error, long sealsTotal) {
    return new AdminApi.Sealed("error", 0, sealsTotal, error);
  }
}
