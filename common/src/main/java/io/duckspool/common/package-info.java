/** What both processes share: the OTLP codec, configuration, metrics and the control contract. */
@NullMarked
package io.duckspool.common;

import org.jspecify.annotations.NullMarked;
