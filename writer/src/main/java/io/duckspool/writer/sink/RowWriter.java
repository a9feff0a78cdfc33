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
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Writes the rows of one result as text. Used by one thread; closing it leaves the stream open. */
abstract sealed class RowWriter implements AutoCloseable {

  final List<String> columns = new ArrayList<>();

  private RowWriter(ResultSetMetaData metaData) throws SQLException {
    Set<String> taken = new HashSet<>();
    for (int i = 1; i <= metaData.getColumnCount(); i++) {
      String label = metaData.getColumnLabel(i);
      String name = label;
      for (int n = 1; !taken.add(name); n++) {
        name = label + "_" + n;
      }
      columns.add(name);
    }
  }

  static RowWriter of(SqlRunner.Format format, ResultSetMetaData metaData, OutputStream out)
      throws SQLException, IOException {
    return switch (format) {
      case JSON -> new Json(metaData, out);
      case CSV -> new Csv(metaData, out);
    };
  }

  /** Writes the row the result stands at. */
  abstract void write(ResultSet result) throws SQLException, IOException;

  /** Writes what follows the last row, and flushes. */
  abstract void finish() throws IOException;

  /** Flushes what a result that broke off has left. */
  @Override
  public abstract void close() throws IOException;

  private static final class Json extends RowWriter {

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

    Json(ResultSetMetaData metaData, OutputStream out) throws SQLException, IOException {
      super(metaData);
      json = FACTORY.createGenerator(out);
      json.writeRaw("[\n");
    }

    @Override
    void write(ResultSet result) throws SQLException, IOException {
      empty = false;
      json.writeStartObject();
      for (int i = 0; i < columns.size(); i++) {
        json.writeFieldName(columns.get(i));
        ResultValues.write(ResultValues.of(result, i + 1), json);
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
      json.close();
    }
  }

  private static final class Csv extends RowWriter {

    private final Writer text;

    Csv(ResultSetMetaData metaData, OutputStream out) throws SQLException, IOException {
      super(metaData);
      text = new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8));
      line(columns);
    }

    @Override
    void write(ResultSet result) throws SQLException, IOException {
      List<String> values = new ArrayList<>();
      for (int i = 1; i <= columns.size(); i++) {
        Object value = ResultValues.of(result, i);
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
      text.flush();
    }
  }
}
