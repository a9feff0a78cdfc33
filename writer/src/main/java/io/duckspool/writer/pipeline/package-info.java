/** One server's way from its spool to its target: start, tail, seal, retention, stop. */
@NullMarked
package io.duckspool.writer.pipeline;

import org.jspecify.annotations.NullMarked;
