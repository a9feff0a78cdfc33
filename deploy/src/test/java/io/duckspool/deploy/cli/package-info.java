/** Tests of the command line, inside this JVM or by the launcher script. */
@NullMarked
package io.duckspool.deploy.cli;

import org.jspecify.annotations.NullMarked;
