/**
 * Rows on their way from entries to a target: the tables' columns, the open batch that collects
 * rows in Arrow buffers, and the decision when to seal it. Knows Arrow, but no target.
 */
@NullMarked
package io.duckspool.writer.batch;

import org.jspecify.annotations.NullMarked;
