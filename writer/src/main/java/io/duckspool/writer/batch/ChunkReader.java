package io.duckspool.writer.batch;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.VectorLoader;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.apache.arrow.vector.ipc.message.ArrowRecordBatch;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.TimeUnit;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.apache.arrow.vector.types.pojo.Schema;

/** Shows chunks as a stream of Arrow record batches that share their buffers. */
final class ChunkReader extends ArrowReader {

  private static final ArrowType INT_64 = new ArrowType.Int(64, true);
  private static final ArrowType FLOAT_64 =
      new ArrowType.FloatingPoint(FloatingPointPrecision.DOUBLE);

  private final Schema schema;
  private final Iterator<Chunk> chunks;

  /**
   * @param columns the first columns of the chunks, or all
   */
  ChunkReader(List<Column> columns, List<Chunk> chunks, BufferAllocator allocator) {
    super(allocator);
    this.schema = new Schema(columns.stream().map(ChunkReader::field).toList());
    this.chunks = chunks.iterator();
  }

  @Override
  public boolean loadNextBatch() throws IOException {
    prepareLoadNextBatch();
    if (!chunks.hasNext()) {
      return false;
    }
    try (ArrowRecordBatch batch = chunks.next().toRecordBatch(schema.getFields().size())) {
      new VectorLoader(getVectorSchemaRoot()).load(batch);
    }
    return true;
  }

  @Override
  public long bytesRead() {
    return 0;
  }

  @Override
  protected void closeReadSource() {
    // The chunks belong to the batch.
  }

  @Override
  protected Schema readSchema() {
    return schema;
  }

  private static Field field(Column column) {
    return switch (column.type()) {
      case TIMESTAMP -> leaf(column.name(), new ArrowType.Timestamp(TimeUnit.MICROSECOND, null));
      case INTEGER -> leaf(column.name(), new ArrowType.Int(32, true));
      case BIGINT -> leaf(column.name(), INT_64);
      case DOUBLE -> leaf(column.name(), FLOAT_64);
      case BOOLEAN -> leaf(column.name(), ArrowType.Bool.INSTANCE);
      case VARCHAR -> leaf(column.name(), ArrowType.Utf8.INSTANCE);
      case BIGINT_LIST -> list(column.name(), INT_64);
      case DOUBLE_LIST -> list(column.name(), FLOAT_64);
    };
  }

  private static Field leaf(String name, ArrowType type) {
    return new Field(name, FieldType.nullable(type), List.of());
  }

  private static Field list(String name, ArrowType element) {
    List<Field> children = new ArrayList<>();
    children.add(leaf("element", element));
    return new Field(name, FieldType.nullable(ArrowType.List.INSTANCE), children);
  }
}
