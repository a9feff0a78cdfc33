package io.duckspool.writer.pipeline;

import io.duckspool.common.server.DataFolder;
import io.duckspool.spool.SpoolStore;
import io.duckspool.writer.batch.BatchMemory;
import java.time.InstantSource;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * What all pipelines of a writer share.
 *
 * @param data the data folder
 * @param store opens spools
 * @param isReceiverOfRunAlive whether the receiver of a run holds its lock
 * @param memory the memory of open batches
 * @param clock for ages and for times in lists
 * @param nanoTicker for durations and waits
 */
public record PipelineParts(
    DataFolder data,
    SpoolStore store,
    Predicate<String> isReceiverOfRunAlive,
    BatchMemory memory,
    InstantSource clock,
    LongSupplier nanoTicker) {}
