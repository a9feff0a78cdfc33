/** The metrics of a process, as the Prometheus text format. */
@NullMarked
package io.duckspool.common.metrics;

import org.jspecify.annotations.NullMarked;
