package io.duckspool.deploy.export;

import static java.nio.file.StandardOpenOption.READ;

import io.duckspool.spool.FileRange;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/** The bytes of some ranges, one behind the other; what a file no longer has is left out. */
public final class FileRangesInput extends InputStream {
  private final Iterator<FileRange> ranges;
  private Optional<FileChannel> channel = Optional.empty();
  private long offset;
  private long end;

  public FileRangesInput(List<FileRange> ranges) {
    this.ranges = ranges.iterator();
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
                      ByteBuffer.wrap(target, from, (int) Math.min(length, end - offset)), offset);
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
