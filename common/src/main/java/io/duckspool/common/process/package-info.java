/** The life of a process: start, signals, the end, and the exit codes. */
@NullMarked
package io.duckspool.common.process;

import org.jspecify.annotations.NullMarked;
