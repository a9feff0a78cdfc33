package io.duckspool.writer.sink;

import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.writer.sink.store.ObjectStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What makes a place a Parquet root: {@code _duckspool/format.json}, a {@link CheckedJson} without
 * further fields, and for each table a file with its columns and no row.
 *
 * <p>They are made once, and never changed by this version. If the process dies here, the next call
 * makes what is missing.
 */
final class ParquetFormat {

  private static final Logger LOG = LoggerFactory.getLogger(ParquetFormat.class);

  private final ObjectStore store;
  private final Staging staging;

  /**
   * @param staging where DuckDB makes the files with the columns
   */
  ParquetFormat(ObjectStore store, Staging staging) {
    this.store = store;
    this.staging = staging;
  }

  /**
   * Makes what is missing.
   *
   * @param createTables whether the files with the columns are made, too; else they must be there
   * @param made names of what was made, added one by one
   * @throws SinkException.Refused the root is of a newer version, or lacks what isn't made
   */
  void make(Session session, boolean createTables, List<String> made)
      throws IOException, SQLException, SinkException {
    if (!isPresent()) {
      made.add(ParquetLayout.FORMAT);
      if (store.create(ParquetLayout.FORMAT, content()).isEmpty()) {
        made.remove(ParquetLayout.FORMAT); // Another server was faster.
      }
    }
    complete(session, createTables, made);
  }

  /**
   * Checks a root that was made before, and makes its files with the columns where they are gone.
   *
   * @throws SinkException.Refused it is not there any more, or of a newer version
   */
  void require(Session session, boolean createTables)
      throws IOException, SQLException, SinkException {
    if (!isPresent()) {
      throw new SinkException.Refused(gone());
    }
    complete(session, createTables, new ArrayList<>());
  }

  /** Whether the place is a Parquet root, of a version that this writer knows. */
  boolean isPresent() throws IOException, SinkException {
    Optional<ObjectStore.Stored> stored = store.read(ParquetLayout.FORMAT);
    if (stored.isEmpty()) {
      return false;
    }
    CheckedJson.Fields unused =
        CheckedJson.read(store.location() + "/" + ParquetLayout.FORMAT, stored.get().content());
    return true;
  }

  /** What to say of a root that was there. */
  String gone() {
    return store.location()
        + " holds no "
        + ParquetLayout.FORMAT
        + ", though it did: its disk is not mounted, or it was emptied";
  }

  /** Removes what was made for a target that is not made after all. */
  void unmake(List<String> made) {
    for (int i = made.size() - 1; i >= 0; i--) {
      try {
        store.delete(made.get(i));
      } catch (IOException e) {
        LOG.warn("{}/{} could not be removed", store.location(), made.get(i), e);
      }
    }
    store.prune(made);
  }

  static byte[] content() {
    return CheckedJson.bytes(CheckedJson.begin());
  }

  private void complete(Session session, boolean createTables, List<String> made)
      throws IOException, SQLException, SinkException {
    store.probe(ParquetLayout.FORMAT, content());
    List<OtlpTable> missing = new ArrayList<>();
    for (OtlpTable table : OtlpTable.values()) {
      if (store.length(ParquetLayout.schemaFile(table)).isEmpty()) {
        missing.add(table);
      }
    }
    if (missing.isEmpty()) {
      return;
    }
    if (!createTables) {
      throw new SinkException.Refused(
          store.location()
              + "/"
              + ParquetLayout.schemaFile(missing.get(0))
              + " does not exist, and create_tables is false; `duckspool ddl` prints what makes it");
    }
    Path folder = staging.begin();
    try {
      for (OtlpTable table : missing) {
        Path file = folder.resolve(table.tableName());
        session.execute(ParquetStatements.copySchema(table, file.toString()));
        String name = ParquetLayout.schemaFile(table);
        made.add(name);
        if (store.create(name, Files.readAllBytes(file)).isEmpty()) {
          made.remove(name);
        }
      }
    } finally {
      staging.remove(folder);
    }
  }
}
