/** The faults that duckspool is put through, how often, and what came of it. */
@NullMarked
package io.duckspool.deploy.scorecard;

import org.jspecify.annotations.NullMarked;
