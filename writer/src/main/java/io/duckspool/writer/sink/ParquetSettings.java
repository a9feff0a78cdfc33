package io.duckspool.writer.sink;

import java.nio.file.Path;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What Parquet targets need of a DuckDB instance.
 *
 * @param staging folder in which DuckDB writes files, absolute; empty: there can be no such targets
 * @param roots locations that DuckDB may read from the start, as {@code
 *     io.duckspool.common.config.ParquetRoot} spells them
 */
public record ParquetSettings(Optional<Path> staging, SortedSet<String> roots) {

  public static final ParquetSettings NONE = new ParquetSettings(Optional.empty(), new TreeSet<>());

  public ParquetSettings {
    roots = Collections.unmodifiableSortedSet(new TreeSet<>(roots));
  }

  /** The same with one more root. */
  ParquetSettings withRoot(String location) {
    SortedSet<String> more = new TreeSet<>(roots);
    more.add(location);
    return new ParquetSettings(staging, more);
  }
}
