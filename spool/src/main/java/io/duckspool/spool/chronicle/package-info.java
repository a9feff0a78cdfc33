/** The spool on Chronicle Queue: one queue cycle is one segment. */
@NullMarked
package io.duckspool.spool.chronicle;

import org.jspecify.annotations.NullMarked;
