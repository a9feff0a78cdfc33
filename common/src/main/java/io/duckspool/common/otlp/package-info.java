/**
 * The OTLP codec: one walker that validates and counts export requests in the receiver, and visits
 * their rows in the writer, so that what is accepted can be stored.
 */
@NullMarked
package io.duckspool.common.otlp;

import org.jspecify.annotations.NullMarked;
