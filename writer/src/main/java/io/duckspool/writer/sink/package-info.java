/**
 * Targets: what commits a sealed batch together with its ledger row, and what reads it back. The
 * only package that knows DuckDB and JDBC.
 */
@NullMarked
package io.duckspool.writer.sink;

import org.jspecify.annotations.NullMarked;
