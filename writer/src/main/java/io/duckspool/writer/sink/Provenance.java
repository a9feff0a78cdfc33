package io.duckspool.writer.sink;

import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.writer.batch.SealedBatch;
import java.util.StringJoiner;

/** What is noted of a seal beside its rows, in whatever form the target has. */
final class Provenance {

  private Provenance() {}

  /** The rows of a batch by table, as a JSON object; tables without a row are left out. */
  static String rowsByTable(SealedBatch batch) {
    StringJoiner json = new StringJoiner(",", "{", "}");
    for (OtlpTable table : OtlpTable.values()) {
      long rows = batch.rows(table);
      if (rows > 0) {
        json.add("\"" + table.tableName() + "\":" + rows);
      }
    }
    return json.toString();
  }
}
