/** Pages of the manual that are made from the code. */
@NullMarked
package io.duckspool.docs;

import org.jspecify.annotations.NullMarked;
