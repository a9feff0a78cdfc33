package io.duckspool.writer.sink;

/**
 * What DuckDB holds at one moment.
 *
 * @param usedBytes in memory
 * @param spilledBytes in its temporary folder
 */
public record DatabaseMemory(long usedBytes, long spilledBytes) {}
