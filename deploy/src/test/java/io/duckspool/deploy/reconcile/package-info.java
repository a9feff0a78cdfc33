/** The balance, with real tables. */
@NullMarked
package io.duckspool.deploy.reconcile;

import org.jspecify.annotations.NullMarked;
