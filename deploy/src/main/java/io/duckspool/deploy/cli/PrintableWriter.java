package io.duckspool.deploy.cli;

import java.io.FilterWriter;
import java.io.IOException;
import java.io.Writer;

/**
 * Writes JSON for a terminal, which must not be steered by what somebody logged: control characters
 * that JSON leaves as they are become escapes, which mean the same in its strings.
 */
final class PrintableWriter extends FilterWriter {

  /**
   * @param out stays open
   */
  PrintableWriter(Writer out) {
    super(out);
  }

  @Override
  public void write(int c) throws IOException {
    if (c >= 0x7F && c <= 0x9F) {
      out.write("\\u%04x".formatted(c));
    } else {
      out.write(c);
    }
  }

  @Override
  public void write(char[] characters, int offset, int length) throws IOException {
    for (int i = offset; i < offset + length; i++) {
      write(characters[i]);
    }
  }

  @Override
  public void write(String text, int offset, int length) throws IOException {
    for (int i = offset; i < offset + length; i++) {
      write(text.charAt(i));
    }
  }

  @Override
  public void close() throws IOException {
    flush();
  }
}
