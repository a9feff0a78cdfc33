package io.duckspool.spool;

/**
 * The receiver's mark: entries before {@code position} are durable.
 *
 * @param runId the receiver run that published it, 32 lower-case hex characters
 * @param position after the last durable entry
 */
public record DurableMark(String runId, SpoolPosition position) {}
