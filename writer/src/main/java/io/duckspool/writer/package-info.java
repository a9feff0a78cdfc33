/** The process that tails the spool, turns payloads into rows and commits them to a target. */
@NullMarked
package io.duckspool.writer;

import org.jspecify.annotations.NullMarked;
