/** Each target behind real processes and in front of real servers, while the writer is killed. */
@NullMarked
package io.duckspool.deploy.targets;

import org.jspecify.annotations.NullMarked;
