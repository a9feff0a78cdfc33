package io.duckspool.deploy.export;

import static java.nio.file.StandardOpenOption.READ;

import io.duckspool.spool.EntryCodec;
import io.duckspool.spool.Envelope;
import io.duckspool.spool.FileRange;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/** Looks into the files of segments by positioned reads, which no damage can make fail. */
final class SegmentBytes {

  /** The header is the first entry; before it are only Chronicle's own pages. */
  private static final int HEADER_SEARCH_BYTES = 1 << 20;

  private static final int WINDOW_BYTES = 256 << 10;

  private SegmentBytes() {}

  /**
   * Finds the segment's header.
   *
   * @return its envelope and payload; empty where there is none that is whole
   */
  static Optional<FileRange> header(Path file, long segment) throws IOException {
    byte[] start = new byte[HEADER_SEARCH_BYTES];
    int limit;
    try (FileChannel channel = FileChannel.open(file, READ)) {
      limit = read(channel, start, 0, start.length);
    }
    ByteBuffer words = ByteBuffer.wrap(start).order(ByteOrder.LITTLE_ENDIAN);
    for (int at = 0; at + EntryCodec.HEADER_BYTES <= limit; at += 4) {
      if (words.getInt(at) != EntryCodec.MAGIC
          || EntryCodec.check(start, at, limit) != EntryCodec.HeaderCheck.VALID) {
        continue;
      }
      Envelope envelope = EntryCodec.decode(start, at);
      if (envelope.isSegmentHeader() && envelope.index().segment() == segment) {
        return Optional.of(new FileRange(file, at, envelope.totalBytes()));
      }
    }
    return Optional.empty();
  }

  /** Offset behind the last byte, from an offset on, that is not zero. */
  static long endOfContent(Path file, long from) throws IOException {
    byte[] window = new byte[WINDOW_BYTES];
    try (FileChannel channel = FileChannel.open(file, READ)) {
      long end = channel.size();
      while (end > from) {
        long begin = Math.max(from, end - window.length);
        for (int i = read(channel, window, begin, (int) (end - begin)) - 1; i >= 0; i--) {
          if (window[i] != 0) {
            return begin + i + 1;
          }
        }
        end = begin;
      }
      return from;
    }
  }

  /** The bytes of some ranges, one behind the other; what a file no longer has is left out. */
  static InputStream open(List<FileRange> ranges) {
    return new Ranges(ranges.iterator());
  }

  private static int read(FileChannel channel, byte[] array, long offset, int length)
      throws IOException {
    ByteBuffer target = ByteBuffer.wrap(array, 0, length);
    while (target.hasRemaining()) {
      if (channel.read(target, offset + target.position()) < 0) {
        break;
      }
    }
    return target.position();
  }

  private static final class Ranges extends InputStream {
    private final Iterator<FileRange> ranges;
    private Optional<FileChannel> channel = Optional.empty();
    private long offset;
    private long end;

    Ranges(Iterator<FileRange> ranges) {
      this.ranges = ranges;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] target, int from, int length) throws IOException {
      while (true) {
        int count =
            channel.isEmpty() || offset == end
                ? -1
                : channel
                    .get()
                    .read(
                        ByteBuffer.wrap(target, from, (int) Math.min(length, end - offset)),
                        offset);
        if (count >= 0) {
          offset += count;
          return count;
        }
        close();
        if (!ranges.hasNext()) {
          return -1;
        }
        FileRange range = ranges.next();
        channel = Optional.of(FileChannel.open(range.file(), READ));
        offset = range.offset();
        end = range.offset() + range.length();
      }
    }

    @Override
    public void close() throws IOException {
      if (channel.isPresent()) {
        channel.get().close();
        channel = Optional.empty();
      }
    }
  }
}
