package io.duckspool.writer.sink;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamWriteFeature;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Writes the rows of one result. Used by one thread; closing it leaves the stream open. */
abstract sealed class RowWriter implements AutoCloseable permits ArrowRows, RowWriter.Text {

  static RowWriter of(SqlRunner.Format format, ResultSet result, OutputStream out)
      throws SQLException, IOException {
    return format == SqlRunner.Format.ARROW
        ? new ArrowRows(result, out)
        : Text.of(format, ResultRows.of(result), out);
  }

  /** Writes the next row, or some; returns how many, 0 at the end. */
  abstract long writeNext() throws SQLException, IOException;

  /** Writes what follows the last row, and flushes. */
  abstract void finish() throws IOException;

  /** Frees what it holds. What a result that broke off has left may still be written. */
  @Override
  public abstract void close() throws IOException;

  /** A row at a time. */
  abstract static sealed class Text extends RowWriter {

    final ResultRows rows;

    private Text(ResultRows rows) {
      this.rows = rows;
    }

    private static Text of(SqlRunner.Format format, ResultRows rows, OutputStream out)
        throws IOException {
      try {
        return format == SqlRunner.Format.JSON ? new Json(rows, out) : new Csv(rows, out);
      } catch (IOException | RuntimeException e) {
        rows.close();
        throw e;
      }
    }

    @Override
    long writeNext() throws SQLException, IOException {
      if (!rows.next()) {
        return 0;
      }
      write();
      return 1;
    }

    /** Writes the row the result stands at. */
    abstract void write() throws SQLException, IOException;
  }

  private static final class Json extends Text {

    private static final JsonFactory FACTORY =
        new JsonFactoryBuilder()
            // A line a row: a person can read it, and so can a tool that knows only lines.
            .rootValueSeparator(",\n")
            .disable(StreamWriteFeature.AUTO_CLOSE_TARGET)
            .disable(StreamWriteFeature.AUTO_CLOSE_CONTENT)
            .enable(StreamWriteFeature.USE_FAST_DOUBLE_WRITER)
            .build();

    private final JsonGenerator json;
    private boolean empty = true;

    Json(ResultRows rows, OutputStream out) throws IOException {
      super(rows);
      json = FACTORY.createGenerator(out);
      json.writeRaw("[\n");
    }

    @Override
    void write() throws SQLException, IOException {
      empty = false;
      json.writeStartObject();
      for (int i = 0; i < rows.columns().size(); i++) {
        json.writeFieldName(rows.columns().get(i));
        ResultValues.write(rows.value(i), json);
      }
      json.writeEndObject();
    }

    @Override
    void finish() throws IOException {
      json.writeRaw(empty ? "]\n" : "\n]\n");
      json.flush();
    }

    @Override
    public void close() throws IOException {
      try (ResultRows open = rows) {
        json.close();
      }
    }
  }

  private static final class Csv extends Text {

    private final Writer text;

    Csv(ResultRows rows, OutputStream out) throws IOException {
      super(rows);
      text = new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8));
      line(rows.columns());
    }

    @Override
    void write() throws SQLException, IOException {
      List<String> values = new ArrayList<>();
      for (int i = 0; i < rows.columns().size(); i++) {
        Object value = rows.value(i);
        // NULL is nothing, the empty text is a pair of quotes.
        String plain = value == null ? "" : ResultValues.text(value);
        values.add(value != null && plain.isEmpty() ? "\"\"" : quoted(plain));
      }
      text.write(String.join(",", values));
      text.write('\n');
    }

    private void line(List<String> values) throws IOException {
      text.write(String.join(",", values.stream().map(Csv::quoted).toList()));
      text.write('\n');
    }

    private static String quoted(String value) {
      boolean plain = value.chars().noneMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
      return plain ? value : '"' + value.replace("\"", "\"\"") + '"';
    }

    @Override
    void finish() throws IOException {
      text.flush();
    }

    @Override
    public void close() throws IOException {
      try (ResultRows open = rows) {
        text.flush();
      }
    }
  }
}
