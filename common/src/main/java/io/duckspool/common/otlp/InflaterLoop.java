package io.duckspool.common.otlp;

import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** Runs an {@link Inflater} until its input is used up or its stream has ended. */
final class InflaterLoop {

  private final DecodedBody body;
  private final byte[] probe = new byte[1];

  InflaterLoop(DecodedBody body) {
    this.body = body;
  }

  /** Returns how many of the bytes were used; all of them, unless the stream ended. */
  int inflate(Inflater inflater, byte[] chunk, int offset, int length)
      throws MalformedOtlpException, OtlpTooLargeException, BudgetExhaustedException {
    inflater.setInput(chunk, offset, length);
    try {
      while (!inflater.finished()) {
        int count = body.isFull() ? probe(inflater) : inflateIntoBody(inflater);
        if (count == 0 && !inflater.finished()) {
          if (inflater.needsDictionary()) {
            throw body.damaged("it needs a dictionary");
          }
          if (inflater.needsInput()) {
            break;
          }
        }
      }
    } catch (DataFormatException e) {
      throw body.damaged("damaged deflate stream", e);
    }
    return length - inflater.getRemaining();
  }

  private int inflateIntoBody(Inflater inflater)
      throws DataFormatException, OtlpTooLargeException, BudgetExhaustedException {
    if (body.room() == 0) {
      body.grow(1);
    }
    int count = inflater.inflate(body.bytes(), body.length(), body.room());
    body.advance(count);
    return count;
  }

  /** At the limit: the stream may end here, but nothing may follow. */
  private int probe(Inflater inflater) throws DataFormatException, OtlpTooLargeException {
    if (inflater.inflate(probe, 0, 1) > 0) {
      throw body.tooLarge();
    }
    return 0;
  }
}
