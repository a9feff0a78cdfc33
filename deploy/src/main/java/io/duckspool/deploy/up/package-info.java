/** {@code duckspool up}: both processes as children of one in the foreground. */
@NullMarked
package io.duckspool.deploy.up;

import org.jspecify.annotations.NullMarked;
