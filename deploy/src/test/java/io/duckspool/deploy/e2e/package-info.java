/** The main job end to end on processes started by the launcher. */
@NullMarked
package io.duckspool.deploy.e2e;

import org.jspecify.annotations.NullMarked;
