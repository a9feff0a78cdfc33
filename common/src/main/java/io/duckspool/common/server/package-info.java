/**
 * The data folder that both processes share: its layout, locks, and the file that remembers a
 * server.
 */
@NullMarked
package io.duckspool.common.server;

import org.jspecify.annotations.NullMarked;
