package io.duckspool.writer.sink;

import java.io.IOException;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.duckdb.DuckDBResultSet;
import org.jspecify.annotations.Nullable;

/** A result in record batches, off the heap. Used by one thread, which closes it. */
final class ArrowBatches implements AutoCloseable {

  private static final String MESSAGE = "message=";

  private final RootAllocator allocator;
  private final ArrowReader reader;

  private ArrowBatches(RootAllocator allocator, ArrowReader reader) {
    this.allocator = allocator;
    this.reader = reader;
  }

  /**
   * Takes a result over; it can't be read otherwise any more.
   *
   * @param batchRows rows that DuckDB gathers for one batch, > 0
   * @throws SQLException Arrow can't hold the type of a column
   */
  static ArrowBatches of(ResultSet result, long batchRows) throws SQLException {
    RootAllocator allocator = new RootAllocator();
    ArrowReader reader = null;
    try {
      reader =
          (ArrowReader)
              result.unwrap(DuckDBResultSet.class).arrowExportStream(allocator, batchRows);
      // Reads the schema.
      VectorSchemaRoot unused = reader.getVectorSchemaRoot();
      return new ArrowBatches(allocator, reader);
    } catch (SQLException | IOException | RuntimeException e) {
      closeBoth(reader, allocator, e);
      throw e instanceof SQLException failed ? failed : failure(e);
    }
  }

  private static void closeBoth(
      @Nullable ArrowReader reader, RootAllocator allocator, Exception because) {
    try (allocator) {
      if (reader != null) {
        reader.close();
      }
    } catch (IOException | RuntimeException e) {
      because.addSuppressed(e);
    }
  }

  /**
   * Loads the next batch that has rows.
   *
   * @return false at the end
   * @throws SQLException the query failed
   */
  boolean next() throws SQLException {
    try {
      // A batch without rows isn't the end, and would read as one.
      while (reader.loadNextBatch()) {
        if (root().getRowCount() > 0) {
          return true;
        }
      }
      return false;
    } catch (IOException | RuntimeException e) {
      throw failure(e);
    }
  }

  /** The vectors, of the batch that was loaded last. */
  VectorSchemaRoot root() throws SQLException {
    try {
      return reader.getVectorSchemaRoot();
    } catch (IOException e) {
      throw failure(e);
    }
  }

  ArrowReader reader() {
    return reader;
  }

  @Override
  public void close() throws IOException {
    try (allocator) {
      reader.close();
    }
  }

  /** Without what Arrow's bridge puts around DuckDB's message. */
  private static SQLException failure(Exception e) {
    String message = String.valueOf(e.getMessage());
    int begin = message.indexOf(MESSAGE);
    if (begin < 0 || !message.endsWith("}")) {
      return new SQLException(message, e);
    }
    return new SQLException(
        message.substring(begin + MESSAGE.length(), message.length() - 1).strip(), e);
  }
}
