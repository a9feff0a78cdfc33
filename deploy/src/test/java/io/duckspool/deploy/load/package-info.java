/** The load generator against real sockets, and its requests against the official classes. */
@NullMarked
package io.duckspool.deploy.load;

import org.jspecify.annotations.NullMarked;
