package io.duckspool.writer.sink;

/**
 * What a commit did.
 *
 * @param ledger the ledger row as it stands now; its {@code seals} is the id of this seal
 * @param appendNanos time from BEGIN until all rows were inserted
 * @param commitNanos time that COMMIT took
 */
public record Commit(LedgerRow ledger, long appendNanos, long commitNanos) {}
