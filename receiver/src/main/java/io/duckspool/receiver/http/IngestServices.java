package io.duckspool.receiver.http;

import io.duckspool.receiver.ingest.ChunkPool;
import io.duckspool.receiver.ingest.InFlightBytes;
import java.time.InstantSource;

/**
 * What all servers of the process share.
 *
 * @param memory budget of bodies in flight
 * @param chunks spare buffers
 * @param deadlines ends slow bodies
 * @param connections bounds those of all servers
 * @param clock says when a request arrived
 */
public record IngestServices(
    InFlightBytes memory,
    ChunkPool chunks,
    BodyDeadlines deadlines,
    ConnectionLimit connections,
    InstantSource clock) {}
