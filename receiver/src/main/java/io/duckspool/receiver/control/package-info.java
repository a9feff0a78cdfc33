/** The receiver's control port. */
@NullMarked
package io.duckspool.receiver.control;

import org.jspecify.annotations.NullMarked;
