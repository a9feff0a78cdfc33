package io.duckspool.common.otlp;

import java.util.zip.CRC32;
import java.util.zip.Inflater;

/**
 * RFC 1952: one member or more.
 *
 * <pre>
 * 0  1f 8b          magic
 * 2  08             deflate
 * 3  flags          1 text, 2 header CRC, 4 extra, 8 name, 16 comment
 * 4  time (4), extra flags (1), system (1)
 * 10 extra: length (2, little-endian) and bytes; name, comment: ended by 0; header CRC (2)
 *    deflate stream
 *    CRC32 (4), length (4) of what was decoded, little-endian
 * </pre>
 */
final class GzipDecompression implements BodyDecompression {

  private enum State {
    FIXED_HEADER,
    EXTRA_LENGTH,
    EXTRA,
    NAME,
    COMMENT,
    HEADER_CRC,
    DATA,
    TRAILER
  }

  private static final int METHOD_DEFLATE = 8;
  private static final int FIXED_HEADER_BYTES = 10;
  private static final int TRAILER_BYTES = 8;
  private static final int FLAG_HEADER_CRC = 2;
  private static final int FLAG_EXTRA = 4;
  private static final int FLAG_NAME = 8;
  private static final int FLAG_COMMENT = 16;
  private static final int RESERVED_FLAGS = 0xE0;

  private final DecodedBody body;
  private final InflaterLoop loop;
  private final Inflater inflater = new Inflater(true);
  private final CRC32 headerCrc = new CRC32();
  private final CRC32 dataCrc = new CRC32();
  private State state = State.FIXED_HEADER;

  /** Bytes of the current state seen so far. */
  private int seen;

  /** The bytes of the current state, as a little-endian number. */
  private long number;

  private int flags;
  private int extraLength;
  private int members;
  private int memberStart;

  GzipDecompression(DecodedBody body) {
    this.body = body;
    this.loop = new InflaterLoop(body);
  }

  @Override
  public void feed(byte[] chunk, int offset, int length)
      throws MalformedOtlpException, OtlpTooLargeException, BudgetExhaustedException {
    int at = offset;
    int end = offset + length;
    while (at < end) {
      if (state == State.DATA) {
        at += inflate(chunk, at, end - at);
      } else {
        step(chunk[at++]);
      }
    }
  }

  private int inflate(byte[] chunk, int offset, int length)
      throws MalformedOtlpException, OtlpTooLargeException, BudgetExhaustedException {
    int before = body.length();
    int used = loop.inflate(inflater, chunk, offset, length);
    dataCrc.update(body.bytes(), before, body.length() - before);
    if (inflater.finished()) {
      enter(State.TRAILER);
    }
    return used;
  }

  /** Takes one byte of a header or trailer. */
  private void step(byte next) throws MalformedOtlpException {
    int unsigned = next & 0xFF;
    number |= (long) unsigned << (8 * (seen & 7));
    seen++;
    if (state != State.HEADER_CRC && state != State.TRAILER) {
      headerCrc.update(unsigned);
    }
    switch (state) {
      case FIXED_HEADER -> fixedHeader(unsigned);
      case EXTRA_LENGTH -> {
        if (seen == 2) {
          extraLength = (int) number;
          if (extraLength > 0) {
            enter(State.EXTRA);
          } else {
            enterAfter(State.EXTRA);
          }
        }
      }
      case EXTRA -> {
        if (seen == extraLength) {
          enterAfter(State.EXTRA);
        }
      }
      case NAME, COMMENT -> {
        if (unsigned == 0) {
          enterAfter(state);
        }
      }
      case HEADER_CRC -> {
        if (seen == 2) {
          if (number != (headerCrc.getValue() & 0xFFFF)) {
            throw body.damaged("wrong checksum of a gzip header");
          }
          enterAfter(state);
        }
      }
      case TRAILER -> {
        if (seen == TRAILER_BYTES) {
          trailer();
        }
      }
      case DATA -> throw new IllegalStateException("data is inflated, not stepped through");
    }
  }

  private void fixedHeader(int unsigned) throws MalformedOtlpException {
    boolean isGood =
        switch (seen) {
          case 1 -> unsigned == 0x1F;
          case 2 -> unsigned == 0x8B;
          case 3 -> unsigned == METHOD_DEFLATE;
          case 4 -> (unsigned & RESERVED_FLAGS) == 0;
          default -> true;
        };
    if (!isGood) {
      throw body.damaged(members == 0 ? "not gzip" : "bytes that are not gzip follow the stream");
    }
    if (seen == 4) {
      flags = unsigned;
    }
    if (seen == FIXED_HEADER_BYTES) {
      enterAfter(State.FIXED_HEADER);
    }
  }

  /** Enters the next part that the flags announce. */
  private void enterAfter(State done) {
    if (done.compareTo(State.EXTRA_LENGTH) < 0 && (flags & FLAG_EXTRA) != 0) {
      enter(State.EXTRA_LENGTH);
    } else if (done.compareTo(State.NAME) < 0 && (flags & FLAG_NAME) != 0) {
      enter(State.NAME);
    } else if (done.compareTo(State.COMMENT) < 0 && (flags & FLAG_COMMENT) != 0) {
      enter(State.COMMENT);
    } else if (done.compareTo(State.HEADER_CRC) < 0 && (flags & FLAG_HEADER_CRC) != 0) {
      enter(State.HEADER_CRC);
    } else {
      enter(State.DATA);
      inflater.reset();
      dataCrc.reset();
      memberStart = body.length();
    }
  }

  private void enter(State next) {
    state = next;
    seen = 0;
    number = 0;
  }

  private void trailer() throws MalformedOtlpException {
    long crc = number & 0xFFFF_FFFFL;
    long size = number >>> 32;
    if (crc != dataCrc.getValue() || size != body.length() - memberStart) {
      throw body.damaged("wrong checksum or length in a gzip trailer");
    }
    members++;
    headerCrc.reset();
    enter(State.FIXED_HEADER);
  }

  @Override
  public void finish() throws MalformedOtlpException {
    if (state != State.FIXED_HEADER || seen > 0 || members == 0) {
      throw body.damaged("the gzip stream ends");
    }
  }

  @Override
  public void close() {
    inflater.end();
  }
}
