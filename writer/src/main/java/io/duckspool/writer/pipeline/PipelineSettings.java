package io.duckspool.writer.pipeline;

import io.duckspool.common.server.ServerFolder;
import io.duckspool.writer.batch.SealLimits;

/**
 * What a pipeline is made with.
 *
 * @param spoolId id of the spool, 32 lower-case hex characters
 * @param listenUri canonical URI of the server
 * @param folder the server's folder
 * @param limits when a batch is sealed
 * @param maxEntryBytes largest payload of an entry
 * @param isTargetVolatile whether the target ends with the process, so that a missing ledger is no
 *     loss
 */
public record PipelineSettings(
    String spoolId,
    String listenUri,
    ServerFolder folder,
    SealLimits limits,
    int maxEntryBytes,
    boolean isTargetVolatile) {}
