/** Places where tests halt a process. */
@NullMarked
package io.duckspool.common.fault;

import org.jspecify.annotations.NullMarked;
