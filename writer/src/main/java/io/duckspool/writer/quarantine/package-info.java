/** Where an entry goes that can't be stored for a reason of its own. */
@NullMarked
package io.duckspool.writer.quarantine;

import org.jspecify.annotations.NullMarked;
