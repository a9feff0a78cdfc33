package io.duckspool.common.config;

import java.time.Duration;

/**
 * The {@code receiver} section.
 *
 * @param control where the receiver's control port listens
 * @param maxInFlightBytes bodies being read, inflated, validated or awaiting their sync, over all
 *     servers; by default a quarter of the receiver's heap
 * @param maxRequestRows rows one request may become
 * @param maxExpandedBytes rows times their resource and scope text that one request may become
 * @param bodyTimeout how long a body may take to arrive
 * @param maxConnections connections of all servers
 */
public record ReceiverConfig(
    HostPort control,
    DataSize maxInFlightBytes,
    int maxRequestRows,
    DataSize maxExpandedBytes,
    Duration bodyTimeout,
    int maxConnections) {}
