/** Tests of what {@code up} says to people. */
@NullMarked
package io.duckspool.deploy.up;

import org.jspecify.annotations.NullMarked;
