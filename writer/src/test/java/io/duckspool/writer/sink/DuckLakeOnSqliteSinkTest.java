package io.duckspool.writer.sink;

/** A lake on this machine, its metadata in a SQLite file. */
final class DuckLakeOnSqliteSinkTest extends LakeSinkContract {

  @Override
  Declared declared() {
    return Lakes.onSqlite(folder);
  }
}
