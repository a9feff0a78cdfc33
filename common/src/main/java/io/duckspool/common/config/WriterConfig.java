package io.duckspool.common.config;

import java.util.Optional;

/**
 * The {@code writer} section.
 *
 * @param control where the writer's control port listens
 * @param maxBatchBytes decoded bytes one seal may hold; by default a quarter of {@code
 *     duckdb.memory_limit}
 * @param maxBatchRows rows one seal may hold
 * @param provenance whether each seal writes a row to {@code duckspool_seals}; empty: as the target
 *     goes, {@link #hasProvenance}
 */
public record WriterConfig(
    HostPort control, DataSize maxBatchBytes, int maxBatchRows, Optional<Boolean> provenance) {

  /**
   * Whether a target has the table of seals: a snapshot more a seal is too much for Iceberg, unless
   * it is asked for.
   *
   * @param catalog of the target; empty: the default database
   */
  public boolean hasProvenance(Optional<CatalogConfig> catalog) {
    boolean isIceberg = catalog.filter(CatalogConfig.Iceberg.class::isInstance).isPresent();
    return provenance.orElse(!isIceberg);
  }
}
