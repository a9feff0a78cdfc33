/**
 * The process that authenticates, validates and counts export requests, and appends them to the
 * spool.
 */
@NullMarked
package io.duckspool.receiver;

import org.jspecify.annotations.NullMarked;
