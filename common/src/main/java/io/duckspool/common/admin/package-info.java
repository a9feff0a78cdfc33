/** The control contract between the command line, the receiver and the writer. */
@NullMarked
package io.duckspool.common.admin;

import org.jspecify.annotations.NullMarked;
