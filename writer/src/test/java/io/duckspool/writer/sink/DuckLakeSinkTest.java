package io.duckspool.writer.sink;

/** A lake on this machine, its metadata in a DuckDB file. */
final class DuckLakeSinkTest extends LakeSinkContract {

  @Override
  Declared declared() {
    return Lakes.onDuckDb(folder);
  }
}
