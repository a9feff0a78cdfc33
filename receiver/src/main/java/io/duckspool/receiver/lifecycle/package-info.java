/** Servers from their declaration to a bound socket and back. */
@NullMarked
package io.duckspool.receiver.lifecycle;

import org.jspecify.annotations.NullMarked;
