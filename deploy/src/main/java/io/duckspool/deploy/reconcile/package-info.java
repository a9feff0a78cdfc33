/** Holds what a load was told against what is in the tables. */
@NullMarked
package io.duckspool.deploy.reconcile;

import org.jspecify.annotations.NullMarked;
