package io.duckspool.common.otlp;

/** Reads the data points of one kind, one row each. */
interface PointReader {

  /**
   * Reads one point, a message at {@code depth}.
   *
   * @param counts false where a later kind of data replaces the point: it must be well-formed, but
   *     is no row
   */
  void read(int depth, boolean counts) throws WireException, OtlpTooLargeException;
}
