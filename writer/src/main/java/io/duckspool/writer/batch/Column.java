package io.duckspool.writer.batch;

/**
 * A column of a table.
 *
 * @param name as in the table, unquoted
 */
public record Column(String name, ColumnType type) {}
