/** The durable journal between acceptance and commit; the only module that sees Chronicle Queue. */
@NullMarked
package io.duckspool.spool;

import org.jspecify.annotations.NullMarked;
