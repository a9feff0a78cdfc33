package io.duckspool.writer.sink;

import java.io.IOException;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a result, one at a time, with values as {@link ResultValues} writes them. Used by one
 * thread.
 *
 * <p>The driver makes objects of some 2,000 rows at once, however large their values are, and
 * reports no error that comes after the first rows: it ends the result. So all results of plain
 * types are read through Arrow; only what Arrow can't hold is left to the driver.
 */
abstract sealed class ResultRows implements AutoCloseable permits ArrowValues, DriverValues {

  private final List<String> columns;

  ResultRows(List<String> columns) {
    this.columns = columns;
  }

  static ResultRows of(ResultSet result) throws SQLException {
    ResultSetMetaData metaData = result.getMetaData();
    List<String> columns = new ArrayList<>();
    List<String> types = new ArrayList<>();
    Set<String> taken = new HashSet<>();
    for (int i = 1; i <= metaData.getColumnCount(); i++) {
      String label = metaData.getColumnLabel(i);
      String name = label;
      for (int n = 1; !taken.add(name); n++) {
        name = label + "_" + n;
      }
      columns.add(name);
      types.add(metaData.getColumnTypeName(i));
    }
    return types.stream().allMatch(ArrowValues::isPlain)
        ? ArrowValues.open(result, columns, types)
        : new DriverValues(result, columns);
  }

  /** Names of the columns, of which no two are the same. */
  List<String> columns() {
    return columns;
  }

  /**
   * Goes to the next row.
   *
   * @return false at the end, which {@link DriverValues} also takes an error for
   * @throws SQLException the query failed
   */
  abstract boolean next() throws SQLException;

  /** The value of a column of this row, 0 for the first. */
  abstract @Nullable Object value(int column) throws SQLException, IOException;

  @Override
  public abstract void close() throws IOException;
}
