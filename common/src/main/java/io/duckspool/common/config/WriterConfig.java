package io.duckspool.common.config;

/**
 * The {@code writer} section.
 *
 * @param control where the writer's control port listens
 * @param maxBatchBytes decoded bytes one seal may hold; by default a quarter of {@code
 *     duckdb.memory_limit}
 * @param maxBatchRows rows one seal may hold
 * @param provenance whether each seal writes a row to {@code duckspool_seals}
 */
public record WriterConfig(
    HostPort control, DataSize maxBatchBytes, int maxBatchRows, boolean provenance) {}
