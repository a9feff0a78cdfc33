package io.duckspool.writer.sink;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.apache.arrow.vector.ipc.ArrowStreamWriter;
import org.duckdb.DuckDBResultSet;

/** A result as a stream in Arrow's IPC format, a record batch at a time. */
final class ArrowRows extends RowWriter {

  /** Rows that DuckDB gathers for one record batch: a few of its vectors. A guess. */
  private static final long BATCH_ROWS = 4 * 2048;

  private final RootAllocator allocator = new RootAllocator();
  private final ArrowReader reader;
  private final ArrowStreamWriter writer;

  ArrowRows(ResultSet result, OutputStream out) throws SQLException, IOException {
    ArrowReader opened = null;
    try {
      opened =
          (ArrowReader)
              result.unwrap(DuckDBResultSet.class).arrowExportStream(allocator, BATCH_ROWS);
      writer =
          new ArrowStreamWriter(opened.getVectorSchemaRoot(), opened, Channels.newChannel(out));
      writer.start();
      reader = opened;
    } catch (SQLException | IOException | RuntimeException e) {
      if (opened != null) {
        opened.close();
      }
      allocator.close();
      throw e;
    }
  }

  @Override
  long writeNext() throws IOException {
    // A batch without rows isn't the end, and would read as one.
    while (reader.loadNextBatch()) {
      int rows = reader.getVectorSchemaRoot().getRowCount();
      if (rows > 0) {
        writer.writeBatch();
        return rows;
      }
    }
    return 0;
  }

  @Override
  void finish() throws IOException {
    writer.end();
  }

  /** Not the writer: closing it would end the stream as if it were whole. */
  @Override
  public void close() throws IOException {
    try {
      reader.close();
    } finally {
      allocator.close();
    }
  }
}
