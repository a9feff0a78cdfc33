package io.duckspool.writer.sink;

/**
 * How many snapshots a table had when it was last looked at.
 *
 * @param catalog name of its catalog
 * @param table with its schema
 */
public record TableSnapshots(String catalog, String table, long count) {}
