/** The distribution: the command line, the launcher, and the end-to-end tests. */
@NullMarked
package io.duckspool.deploy;

import org.jspecify.annotations.NullMarked;
