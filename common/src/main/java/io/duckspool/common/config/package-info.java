/**
 * The configuration of both processes: one table of keys, three layers (file, environment, flags),
 * all problems at once, and immutable records with every default worked out.
 */
@NullMarked
package io.duckspool.common.config;

import org.jspecify.annotations.NullMarked;
