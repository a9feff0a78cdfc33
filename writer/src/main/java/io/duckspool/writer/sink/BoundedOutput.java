package io.duckspool.writer.sink;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/** Passes on so many bytes and then fails. Used by one thread; closing it closes nothing. */
final class BoundedOutput extends FilterOutputStream {

  private final long maxBytes;
  private long written;
  private boolean isDiscarding;

  BoundedOutput(OutputStream out, long maxBytes) {
    super(out);
    this.maxBytes = maxBytes;
  }

  /** More than the bound would have been written. */
  static final class FullException extends IOException {

    private static final long serialVersionUID = 1L;

    FullException(long maxBytes) {
      super("the answer has more than " + maxBytes + " bytes");
    }
  }

  /** From now on nothing is passed on: what buffers before this still have belongs to a failure. */
  void discard() {
    isDiscarding = true;
  }

  @Override
  public void write(int b) throws IOException {
    if (isDiscarding) {
      return;
    }
    count(1);
    out.write(b);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    if (isDiscarding) {
      return;
    }
    count(length);
    out.write(bytes, offset, length);
  }

  @Override
  public void flush() throws IOException {
    if (!isDiscarding) {
      out.flush();
    }
  }

  @Override
  public void close() throws IOException {
    flush();
  }

  private void count(int length) throws FullException {
    if (length > maxBytes - written) {
      throw new FullException(maxBytes);
    }
    written += length;
  }
}
