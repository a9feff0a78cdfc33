package io.duckspool.writer.sink;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.apache.arrow.vector.BaseVariableWidthVector;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.DateDayVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.TimeMicroVector;
import org.apache.arrow.vector.TimeStampMicroTZVector;
import org.apache.arrow.vector.UInt1Vector;
import org.apache.arrow.vector.UInt2Vector;
import org.apache.arrow.vector.UInt4Vector;
import org.apache.arrow.vector.UInt8Vector;
import org.apache.arrow.vector.complex.ListVector;
import org.jspecify.annotations.Nullable;

/** A result of plain types, read through Arrow: one value at a time comes to the heap. */
final class ArrowValues extends ResultRows {

  /** Bytes of one value: it is on the heap whole, some three times. A guess. */
  static final int MAX_VALUE_BYTES = 32 << 20;

  /** Few, since their values may be long: what is in a batch has left DuckDB's own memory. */
  private static final long BATCH_ROWS = 512;

  private static final String LIST = "[]";

  /** Types that Arrow holds without loss, and lists of them; it bounds how deep they nest. */
  private static final Pattern PLAIN =
      Pattern.compile(
          "(BOOLEAN|U?(TINYINT|SMALLINT|INTEGER|BIGINT)|HUGEINT|FLOAT|DOUBLE|DECIMAL\\(\\d+,\\d+\\)"
              + "|VARCHAR|BLOB|DATE|TIME|TIMESTAMP(_S|_MS|_NS)?|TIMESTAMP WITH TIME ZONE|UUID|JSON)"
              + "(\\[]){0,8}");

  private final ArrowBatches batches;
  private final List<String> types;
  private List<FieldVector> vectors = List.of();
  private int row;
  private int rowCount;

  private ArrowValues(ArrowBatches batches, List<String> columns, List<String> types) {
    super(columns);
    this.batches = batches;
    this.types = types;
  }

  /** True for a type that can be read here, by DuckDB's name of it. */
  static boolean isPlain(String type) {
    return PLAIN.matcher(type).matches();
  }

  static ArrowValues open(ResultSet result, List<String> columns, List<String> types)
      throws SQLException {
    return new ArrowValues(ArrowBatches.of(result, BATCH_ROWS), columns, types);
  }

  @Override
  boolean next() throws SQLException {
    if (++row < rowCount) {
      return true;
    }
    if (!batches.next()) {
      rowCount = 0;
      return false;
    }
    row = 0;
    rowCount = batches.root().getRowCount();
    vectors = batches.root().getFieldVectors();
    return true;
  }

  @Override
  @Nullable Object value(int column) throws SQLException {
    return value(vectors.get(column), types.get(column), row);
  }

  private @Nullable Object value(FieldVector vector, String type, int at) throws SQLException {
    if (vector.isNull(at)) {
      return null;
    }
    if (vector instanceof ListVector list) {
      String elementType = type.substring(0, type.length() - LIST.length());
      List<@Nullable Object> elements = new ArrayList<>();
      for (int i = list.getElementStartIndex(at); i < list.getElementEndIndex(at); i++) {
        elements.add(value(list.getDataVector(), elementType, i));
      }
      return elements;
    }
    if (vector instanceof BaseVariableWidthVector bytes) {
      return bytes(bytes, type, at);
    }
    return fixed(vector, type, at);
  }

  private static Object bytes(BaseVariableWidthVector vector, String type, int at)
      throws SQLException {
    int length = vector.getValueLength(at);
    if (length > MAX_VALUE_BYTES) {
      throw new SQLException(
          "a value of "
              + length
              + " bytes is too large for JSON and CSV, which take at most "
              + MAX_VALUE_BYTES
              + "; select a part of it, or the arrow format");
    }
    byte[] bytes = new byte[length];
    vector.getDataBuffer().getBytes(vector.getStartOffset(at), bytes);
    if (type.equals("BLOB")) {
      return bytes;
    }
    String text = new String(bytes, StandardCharsets.UTF_8);
    return type.equals("JSON") ? new ResultValues.RawJson(text) : text;
  }

  private static Object fixed(FieldVector vector, String type, int at) {
    if (vector instanceof UInt1Vector number) {
      return Byte.toUnsignedInt(number.get(at));
    } else if (vector instanceof UInt2Vector number) {
      return (int) number.get(at);
    } else if (vector instanceof UInt4Vector number) {
      return Integer.toUnsignedLong(number.get(at));
    } else if (vector instanceof UInt8Vector number) {
      return number.getObjectNoOverflow(at);
    } else if (vector instanceof BigIntVector number) {
      return number.get(at);
    } else if (vector instanceof DateDayVector day) {
      return LocalDate.ofEpochDay(day.get(at));
    } else if (vector instanceof TimeMicroVector time) {
      return time(time.get(at));
    } else if (vector instanceof TimeStampMicroTZVector time) {
      return OffsetDateTime.of(1970, 1, 1, 0, 0, 0, 0, ZoneOffset.UTC)
          .plus(time.get(at), ChronoUnit.MICROS);
    }
    Object value = vector.getObject(at);
    return type.equals("HUGEINT") ? ((BigDecimal) value).toBigInteger() : value;
  }

  private static Object time(long micros) {
    long nanos = micros * 1000;
    // The end of a day is a time in SQL.
    return nanos > LocalTime.MAX.toNanoOfDay() ? "24:00" : LocalTime.ofNanoOfDay(nanos);
  }

  @Override
  public void close() throws IOException {
    batches.close();
  }
}
