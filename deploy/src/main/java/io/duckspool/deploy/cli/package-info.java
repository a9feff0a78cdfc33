/** The commands of {@code duckspool}, one class each. */
@NullMarked
package io.duckspool.deploy.cli;

import org.jspecify.annotations.NullMarked;
