package io.duckspool.writer.pipeline;

import io.duckspool.common.otlp.BodyDecoder;
import io.duckspool.common.otlp.BudgetExhaustedException;
import io.duckspool.common.otlp.ByteBudget;
import io.duckspool.common.otlp.ContentCoding;
import io.duckspool.common.otlp.MalformedOtlpException;
import io.duckspool.common.otlp.OtlpLimits;
import io.duckspool.common.otlp.OtlpParser;
import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.common.otlp.OtlpTooLargeException;
import io.duckspool.common.otlp.OtlpVisitor;
import io.duckspool.common.otlp.PayloadFormat;
import io.duckspool.common.otlp.PromotedKeys;
import io.duckspool.common.otlp.Signal;
import io.duckspool.spool.SpoolEntry;
import io.duckspool.spool.SpoolOptions;
import io.duckspool.writer.batch.Batch;
import io.duckspool.writer.batch.BatchFullException;
import io.duckspool.writer.quarantine.QuarantineReason;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Turns a stored payload into rows: inflate, parse, straight into the columns of the batch. An
 * entry adds all of its rows or none.
 *
 * <p>Used by the pipeline's thread.
 */
final class EntryDecoder {

  private final OtlpParser parser;

  /**
   * @param promoted as the batch has them
   */
  EntryDecoder(PromotedKeys promoted) {
    this.parser = new OtlpParser(OtlpLimits.ACCEPTED, promoted);
  }

  /**
   * Adds the rows of an entry.
   *
   * @param without tables whose rows the target has already
   * @throws UndecodableEntryException the reason lies in the entry
   * @throws BatchFullException the memory of the batches is used up
   */
  void decode(SpoolEntry entry, Batch batch, Set<OtlpTable> without)
      throws UndecodableEntryException {
    try {
      long arrivalMicros = TimeUnit.NANOSECONDS.toMicros(entry.meta().receivedUnixNanos());
      if (without.isEmpty()) {
        batch.add(entry.payloadLength(), arrivalMicros, visitor -> write(entry, visitor));
      } else {
        batch.add(entry.payloadLength(), arrivalMicros, without, visitor -> write(entry, visitor));
      }
    } catch (BatchFullException e) {
      throw e;
    } catch (RuntimeException e) {
      // A bug of the parser on this payload, or a code in the envelope that nobody wrote: either
      // way this entry can't be stored, and must not hold up those behind it.
      throw new UndecodableEntryException(QuarantineReason.DECODER_FAILED, e);
    }
  }

  private void write(SpoolEntry entry, OtlpVisitor visitor) throws UndecodableEntryException {
    try {
      Signal signal = Signal.ofCode(entry.meta().signal());
      PayloadFormat format = PayloadFormat.ofCode(entry.meta().format());
      ContentCoding coding = ContentCoding.ofCode(entry.meta().coding());
      if (coding == ContentCoding.IDENTITY) {
        parser.parse(
            signal, format, entry.array(), entry.payloadOffset(), entry.payloadLength(), visitor);
        return;
      }
      try (BodyDecoder body =
          new BodyDecoder(coding, SpoolOptions.LARGEST_ENTRY_BYTES, ByteBudget.UNLIMITED)) {
        body.feed(entry.array(), entry.payloadOffset(), entry.payloadLength());
        body.finish();
        parser.parse(signal, format, body.bytes(), 0, body.length(), visitor);
      }
    } catch (MalformedOtlpException | OtlpTooLargeException e) {
      throw new UndecodableEntryException(QuarantineReason.UNDECODABLE, e);
    } catch (BudgetExhaustedException e) {
      throw new IllegalStateException("an unlimited budget is never exhausted", e);
    }
  }
}
