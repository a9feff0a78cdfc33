package io.duckspool.receiver.ingest;

import io.duckspool.common.otlp.BodyDecoder;
import io.duckspool.common.otlp.BudgetExhaustedException;
import io.duckspool.common.otlp.ContentCoding;
import io.duckspool.common.otlp.MalformedOtlpException;
import io.duckspool.common.otlp.OtlpCounts;
import io.duckspool.common.otlp.OtlpLimits;
import io.duckspool.common.otlp.OtlpParser;
import io.duckspool.common.otlp.OtlpTooLargeException;
import io.duckspool.common.otlp.OtlpVisitor;
import io.duckspool.common.otlp.PayloadFormat;
import io.duckspool.common.otlp.Signal;
import java.util.concurrent.ArrayBlockingQueue;

/**
 * Proves that a payload is storable, and counts its rows, with the very parser that will build them
 * in the writer. Thread-safe; keeps a few parsers with their buffers, the rest is garbage.
 */
public final class RequestValidator {

  private final OtlpLimits limits;
  private final int maxBodyBytes;
  private final ArrayBlockingQueue<OtlpParser> spareParsers;

  /**
   * Makes a validator.
   *
   * @param maxBodyBytes bound of the decoded body
   * @param maxSpareParsers parsers kept between requests, above 0
   */
  public RequestValidator(OtlpLimits limits, int maxBodyBytes, int maxSpareParsers) {
    this.limits = limits;
    this.maxBodyBytes = maxBodyBytes;
    this.spareParsers = new ArrayBlockingQueue<>(maxSpareParsers);
  }

  /**
   * Inflates, parses and counts; never blocks.
   *
   * @param body the whole body as received, borrowed until return
   * @param claim grows by the decoded buffer and by what parsing takes, all of which is given back
   *     before the return
   */
  public OtlpCounts validate(
      Signal signal, PayloadFormat format, ContentCoding coding, byte[] body, Claim claim)
      throws ExportError {
    try {
      if (coding == ContentCoding.IDENTITY) {
        return parse(signal, format, body, body.length, claim);
      }
      try (BodyDecoder decoder = new BodyDecoder(coding, maxBodyBytes, claim)) {
        decoder.feed(body, 0, body.length);
        decoder.finish();
        return parse(signal, format, decoder.bytes(), decoder.length(), claim);
      }
    } catch (MalformedOtlpException e) {
      throw ExportError.of(ExportError.Kind.BAD_REQUEST, detail(e));
    } catch (OtlpTooLargeException e) {
      throw ExportError.of(ExportError.Kind.PAYLOAD_TOO_LARGE, detail(e));
    } catch (BudgetExhaustedException e) {
      throw ExportError.busy(detail(e));
    }
  }

  private OtlpCounts parse(
      Signal signal, PayloadFormat format, byte[] bytes, int length, Claim claim)
      throws MalformedOtlpException, OtlpTooLargeException, BudgetExhaustedException {
    OtlpParser spare = spareParsers.poll();
    OtlpParser parser = spare == null ? new OtlpParser(limits) : spare;
    OtlpCounts counts = parser.parse(signal, format, bytes, 0, length, OtlpVisitor.COUNTING, claim);
    // Only a parser that came through is used again; a full queue leaves it to the collector.
    boolean unused = spareParsers.offer(parser);
    return counts;
  }

  private static String detail(Exception e) {
    return String.valueOf(e.getMessage());
  }
}
