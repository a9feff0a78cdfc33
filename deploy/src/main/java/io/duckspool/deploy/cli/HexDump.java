package io.duckspool.deploy.cli;

import java.util.ArrayList;
import java.util.List;

/** Bytes for people: sixteen a line, with their offsets, in hexadecimal and as ASCII. */
final class HexDump {

  /** Bytes that are shown of a place. */
  static final int MAX_BYTES = 256;

  private static final int LINE_BYTES = 16;

  /** Bytes that are shown before the place that is asked for. */
  private static final int BYTES_BEFORE = 64;

  private HexDump() {}

  /**
   * The lines around a place.
   *
   * @param bytes from {@code start} to {@code end}, which have the offsets from 0 on
   * @param offset the place
   */
  static List<String> around(byte[] bytes, int start, int end, long offset) {
    int length = end - start;
    long from = Math.max(0, Math.min(offset, length) - BYTES_BEFORE) / LINE_BYTES * LINE_BYTES;
    return lines(bytes, start + (int) from, (int) Math.min(MAX_BYTES, length - from), from);
  }

  /**
   * Some bytes.
   *
   * @param firstOffset what the first of them is called
   */
  static List<String> lines(byte[] bytes, int start, int count, long firstOffset) {
    List<String> lines = new ArrayList<>();
    for (int at = 0; at < count; at += LINE_BYTES) {
      StringBuilder line = new StringBuilder("%08x ".formatted(firstOffset + at));
      StringBuilder text = new StringBuilder();
      for (int i = at; i < at + LINE_BYTES; i++) {
        if (i < count) {
          int b = bytes[start + i] & 0xFF;
          line.append(" %02x".formatted(b));
          text.append(b >= ' ' && b < 0x7F ? (char) b : '.');
        } else {
          line.append("   ");
        }
      }
      lines.add(line.append("  ").append(text).toString());
    }
    return lines;
  }
}
