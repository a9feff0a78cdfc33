package io.duckspool.writer.pipeline;

import io.duckspool.common.config.ServerConfig;
import io.duckspool.common.otlp.PromotedKeys;
import io.duckspool.common.server.ServerFile;
import io.duckspool.common.server.ServerFolder;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.writer.batch.SealLimits;
import io.duckspool.writer.sink.Target;
import java.util.function.Predicate;

/**
 * What the writer's configuration says about every pipeline.
 *
 * @param maxBatchBytes what one seal may hold, decoded
 * @param maxBatchRows what one seal may hold
 * @param provenance whether each seal adds a row to {@code duckspool_seals}, by the target's
 *     catalog; empty: the default database
 * @param isDefaultDatabaseVolatile whether the default database ends with the process
 */
public record PipelineDefaults(
    long maxBatchBytes,
    long maxBatchRows,
    Predicate<String> provenance,
    boolean isDefaultDatabaseVolatile) {

  /** With provenance in all targets, or in none. */
  public PipelineDefaults(
      long maxBatchBytes,
      long maxBatchRows,
      boolean provenance,
      boolean isDefaultDatabaseVolatile) {
    this(maxBatchBytes, maxBatchRows, catalog -> provenance, isDefaultDatabaseVolatile);
  }

  PipelineSettings settings(ServerFolder folder, ServerFile file) {
    return new PipelineSettings(
        file.spoolId(),
        file.config().uri(),
        folder,
        limits(file.config()),
        Math.toIntExact(file.config().maxBodyBytes().bytes()),
        isDefaultDatabaseVolatile
            && file.config().catalog().orElse("").isEmpty()
            && file.config().parquetExportPath().isEmpty(),
        promoted(file.config()));
  }

  SealLimits limits(ServerConfig server) {
    return new SealLimits(
        server.sealTargetBytes().bytes(),
        server.sealMaxAge().toMillis(),
        maxBatchBytes,
        maxBatchRows);
  }

  Target target(ServerConfig server) {
    return new Target(
        server.catalog().orElse(""),
        server.schema(),
        server.createTables(),
        provenance.test(server.catalog().orElse("")),
        server.parquetExportPath(),
        promoted(server),
        new Target.LakeOptions(server.targetFileSize().bytes(), server.maintenanceRetention()));
  }

  private static PromotedKeys promoted(ServerConfig server) {
    return new PromotedKeys(server.promoteResourceAttributes(), server.promoteScopeAttributes());
  }

  /** The first index of a spool, as its server file notes it. */
  static SpoolIndex firstIndex(ServerFile file) {
    return SpoolIndex.ofLong(file.firstIndex());
  }
}
