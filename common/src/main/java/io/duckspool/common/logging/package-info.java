/** How the processes log: slf4j on logback, set up from the configuration, to stderr. */
@NullMarked
package io.duckspool.common.logging;

import org.jspecify.annotations.NullMarked;
