package io.duckspool.deploy.export;

import io.duckspool.common.otlp.BodyDecoder;
import io.duckspool.common.otlp.BudgetExhaustedException;
import io.duckspool.common.otlp.ByteBudget;
import io.duckspool.common.otlp.ContentCoding;
import io.duckspool.common.otlp.MalformedOtlpException;
import io.duckspool.common.otlp.OtlpTooLargeException;
import io.duckspool.common.otlp.PayloadFormat;
import io.duckspool.common.otlp.Signal;
import io.duckspool.spool.Envelope;
import io.duckspool.spool.SpoolOptions;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The payload of an entry without its compression, as far as that goes.
 *
 * @param bytes decompressed, in {@code bytes[offset .. offset + length)}
 * @param fault why there is not more of it; null when that is all
 * @param faultOffset in the payload as it was received, within {@link #STEP_BYTES} behind which the
 *     fault is
 */
public record Payload(
    byte[] bytes, int offset, int length, @Nullable String fault, int faultOffset) {

  /** How exactly a fault of the compression is told. */
  public static final int STEP_BYTES = 256;

  /**
   * Decompresses.
   *
   * @param array envelope and payload, from 0; the record borrows it where nothing is compressed
   */
  public static Payload of(Envelope envelope, byte[] array) {
    int from = envelope.headerBytes();
    int end = from + envelope.payloadBytes();
    ContentCoding coding;
    try {
      coding = ContentCoding.ofCode(envelope.meta().coding());
    } catch (IllegalArgumentException e) {
      return new Payload(array, from, 0, String.valueOf(e.getMessage()), 0);
    }
    if (coding == ContentCoding.IDENTITY) {
      return new Payload(array, from, end - from, null, 0);
    }
    int at = from;
    try (BodyDecoder body =
        new BodyDecoder(coding, SpoolOptions.LARGEST_ENTRY_BYTES, ByteBudget.UNLIMITED)) {
      String fault = null;
      try {
        while (at < end) {
          body.feed(array, at, Math.min(STEP_BYTES, end - at));
          at += Math.min(STEP_BYTES, end - at);
        }
        body.finish();
      } catch (MalformedOtlpException | OtlpTooLargeException e) {
        fault = String.valueOf(e.getMessage());
      } catch (BudgetExhaustedException e) {
        throw new IllegalStateException("an unlimited budget is never exhausted", e);
      }
      return new Payload(
          Arrays.copyOf(body.bytes(), body.length()), 0, body.length(), fault, at - from);
    }
  }

  /** The signal of an entry; empty for a code of a newer version. */
  public static Optional<Signal> signal(Envelope envelope) {
    return of(Signal::ofCode, envelope.meta().signal());
  }

  /** How the payload is written; empty for a code of a newer version. */
  public static Optional<PayloadFormat> format(Envelope envelope) {
    return of(PayloadFormat::ofCode, envelope.meta().format());
  }

  /** The name of a code, or the number of one that only a newer version knows. */
  public static String name(IntFunction<? extends Enum<?>> ofCode, int code) {
    return of(ofCode, code)
        .map(value -> value.name().toLowerCase(Locale.ROOT))
        .orElse(Integer.toString(code));
  }

  private static <E> Optional<E> of(IntFunction<E> ofCode, int code) {
    try {
      return Optional.of(ofCode.apply(code));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
