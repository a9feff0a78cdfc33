package io.duckspool.writer.batch;

/**
 * How large and how old a batch may become.
 *
 * @param sealTargetBytes payload bytes as received, > 0
 * @param sealMaxAgeMillis age of the oldest entry, and of the open batch, > 0
 * @param maxBatchBytes decoded bytes, > 0
 * @param maxBatchRows rows, > 0
 */
public record SealLimits(
    long sealTargetBytes, long sealMaxAgeMillis, long maxBatchBytes, long maxBatchRows) {

  public SealLimits {
    requirePositive("sealTargetBytes", sealTargetBytes);
    requirePositive("sealMaxAgeMillis", sealMaxAgeMillis);
    requirePositive("maxBatchBytes", maxBatchBytes);
    requirePositive("maxBatchRows", maxBatchRows);
  }

  private static void requirePositive(String name, long value) {
    if (value <= 0) {
      throw new IllegalArgumentException(name + " must be > 0, got " + value);
    }
  }
}
