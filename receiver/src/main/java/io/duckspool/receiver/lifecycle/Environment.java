package io.duckspool.receiver.lifecycle;

import io.duckspool.common.admin.AdminClient;
import io.duckspool.common.config.DuckspoolConfig;
import io.duckspool.common.server.DataFolder;
import io.duckspool.receiver.http.IngestServices;
import io.duckspool.spool.SpoolStore;
import java.time.InstantSource;
import java.util.function.LongSupplier;

/**
 * What all servers of the process are made with.
 *
 * @param runId of this start of the receiver
 * @param clock wall clock
 * @param ticker monotonic nanoseconds
 */
public record Environment(
    DuckspoolConfig config,
    DataFolder data,
    String runId,
    SpoolStore store,
    AdminClient writer,
    WriterView writerView,
    IngestServices services,
    InstantSource clock,
    LongSupplier ticker) {}
