/** Rules on the main sources of all modules. */
@NullMarked
package io.duckspool.deploy.rules;

import org.jspecify.annotations.NullMarked;
