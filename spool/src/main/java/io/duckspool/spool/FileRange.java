package io.duckspool.spool;

import java.nio.file.Path;

/**
 * Bytes of a spool file that hold no readable entry.
 *
 * @param file the segment file
 * @param offset first byte
 * @param length count of bytes; 0 where the file ends at the offset, or has only zeros from there
 */
public record FileRange(Path file, long offset, long length) {}
