/**
 * Files of a target that is a tree of them: in a folder, or as objects in a bucket. Knows no SQL
 * and nothing of what is in the files.
 */
@NullMarked
package io.duckspool.writer.sink.store;

import org.jspecify.annotations.NullMarked;
