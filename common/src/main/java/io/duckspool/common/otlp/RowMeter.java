package io.duckspool.common.otlp;

import java.util.Arrays;

/** Counts the rows of one request, and the text they repeat, against the limits. */
final class RowMeter {

  private final OtlpLimits limits;
  private final long[] rowsByTable = new long[OtlpTable.values().length];
  private long rows;
  private long expandedBytes;

  RowMeter(OtlpLimits limits) {
    this.limits = limits;
  }

  void reset() {
    Arrays.fill(rowsByTable, 0);
    rows = 0;
    expandedBytes = 0;
  }

  /** Counts a row that repeats {@code sharedBytes} of text. */
  void addRow(OtlpTable table, long sharedBytes) throws OtlpTooLargeException {
    rowsByTable[table.ordinal()]++;
    if (++rows > limits.maxRows()) {
      throw new OtlpTooLargeException(
          "the request has more than "
              + limits.maxRows()
              + " rows (receiver.max_request_rows); send smaller batches");
    }
    addExpandedBytes(sharedBytes);
  }

  /** Counts text that a row has and the payload has not. */
  void addExpandedBytes(long bytes) throws OtlpTooLargeException {
    expandedBytes += bytes;
    if (expandedBytes > limits.maxExpandedBytes()) {
      throw new OtlpTooLargeException(
          "the rows of the request repeat more than "
              + limits.maxExpandedBytes()
              + " bytes of text (receiver.max_expanded_bytes); send smaller batches, or fewer"
              + " resource and scope attributes");
    }
  }

  OtlpCounts counts() {
    return new OtlpCounts(rowsByTable);
  }
}
