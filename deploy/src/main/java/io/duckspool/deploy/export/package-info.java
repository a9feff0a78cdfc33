/** Gives entries out of spool and quarantine in forms that are nobody's own. */
@NullMarked
package io.duckspool.deploy.export;

import org.jspecify.annotations.NullMarked;
