package io.duckspool.writer.sink;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.apache.arrow.vector.ipc.ArrowStreamWriter;

/** A result as a stream in Arrow's IPC format, a record batch at a time. */
final class ArrowRows extends RowWriter {

  /** One of DuckDB's vectors: more would be held beside its memory, however long the values are. */
  private static final long BATCH_ROWS = 2048;

  private final ArrowBatches batches;
  private final ArrowStreamWriter writer;

  ArrowRows(ResultSet result, OutputStream out) throws SQLException, IOException {
    batches = ArrowBatches.of(result, BATCH_ROWS);
    try {
      writer = new ArrowStreamWriter(batches.root(), batches.reader(), Channels.newChannel(out));
      writer.start();
    } catch (SQLException | IOException | RuntimeException e) {
      batches.close();
      throw e;
    }
  }

  @Override
  long writeNext() throws SQLException, IOException {
    if (!batches.next()) {
      return 0;
    }
    writer.writeBatch();
    return batches.root().getRowCount();
  }

  @Override
  void finish() throws IOException {
    writer.end();
  }

  /** Not the writer: closing it would end the stream as if it were whole. */
  @Override
  public void close() throws IOException {
    batches.close();
  }
}
