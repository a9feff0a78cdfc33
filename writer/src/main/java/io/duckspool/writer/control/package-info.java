/** The writer's control port. */
@NullMarked
package io.duckspool.writer.control;

import org.jspecify.annotations.NullMarked;
