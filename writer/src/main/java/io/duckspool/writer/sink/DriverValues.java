package io.duckspool.writer.sink;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.LocalDateTime;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A result as the driver reads it: of every type, but an error looks like its end. */
final class DriverValues extends ResultRows {

  private final ResultSet result;

  DriverValues(ResultSet result, List<String> columns) {
    super(columns);
    this.result = result;
  }

  @Override
  boolean next() throws SQLException {
    return result.next();
  }

  @Override
  @Nullable Object value(int column) throws SQLException {
    // getObject alone shifts a TIMESTAMP through the JVM's time zone.
    return result.getMetaData().getColumnType(column + 1) == Types.TIMESTAMP
        ? result.getObject(column + 1, LocalDateTime.class)
        : result.getObject(column + 1);
  }

  @Override
  public void close() {
    // The result belongs to who ran the statement.
  }
}
