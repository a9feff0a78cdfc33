package io.duckspool.writer.sink;

import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.writer.batch.SealedBatch;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A DuckLake: one commit is one snapshot, and each table with rows gets one Parquet file of it.
 *
 * <p>The ledger and the seals stay in the lake's metadata, however many there are: a row of theirs
 * is a row there, and no file. That is what row inlining does as long as nobody has the lake write
 * them out, hence {@code auto_compact = false}.
 *
 * <p>Two commits that move one ledger row never both succeed, nor do they when one of them is
 * applied late: each begins by adding the snapshot whose number follows the last one, which the
 * metadata takes once, and a commit that finds another snapshot there is checked against it: both
 * changed the ledger.
 */
final class DuckLakeCatalog implements LedgerCatalog, LakeFiles.Layout {

  private static final String AUTHOR = "duckspool";

  /** Kept as a number of bytes, taken only with a unit. */
  private static final String FILE_SIZE = "target_file_size";

  /** The lake's names for what COPY calls otherwise. */
  private static final Map<String, String> COPY_OPTIONS = copyOptions();

  private final String lake;
  private final Target target;
  private final TargetTables tables;
  private final LakeMetadata metadata;
  private final LakeMaintenance maintenance;
  private final LakeFiles files = new LakeFiles();

  /** What was looked up since the last check; empty before it. */
  private final Map<OtlpTable, Known> known = new EnumMap<>(OtlpTable.class);

  /** A table of rows: where it is, and how its files are written. */
  private record Known(LakeMetadata.Table table, String copyOptions) {}

  DuckLakeCatalog(
      String lake, Target target, TargetTables tables, LakeMetadata metadata, InstantSource clock) {
    this.lake = lake;
    this.target = target;
    this.tables = tables;
    this.metadata = metadata;
    this.maintenance = new LakeMaintenance(lake, target, metadata, clock);
  }

  private static Map<String, String> copyOptions() {
    Map<String, String> options = new LinkedHashMap<>();
    options.put("parquet_compression", "COMPRESSION");
    options.put("parquet_compression_level", "COMPRESSION_LEVEL");
    options.put("parquet_version", "PARQUET_VERSION");
    options.put("parquet_row_group_size", "ROW_GROUP_SIZE");
    options.put("parquet_row_group_size_bytes", "ROW_GROUP_SIZE_BYTES");
    return options;
  }

  @Override
  public CatalogKind kind() {
    return CatalogKind.DUCKLAKE;
  }

  /** Options can only be set for tables that are committed, and rows can only follow them. */
  @Override
  public void settle(Session session) throws SQLException, SinkException {
    describe(session, "tables", "{}");
    session.commit();
    LakeOptions options = metadata.options(session);
    keepInMetadata(session, options, TableDefinition.LEDGER);
    if (target.provenance()) {
      keepInMetadata(session, options, TableDefinition.SEALS);
    }
    String fileSize = Long.toString(target.lake().targetFileSizeBytes());
    for (OtlpTable table : OtlpTable.values()) {
      setOption(session, options, table.tableName(), FILE_SIZE, fileSize);
    }
    look(session, options);
    List<String> problems = new ArrayList<>();
    if (options.ofLake("encrypted").filter("true"::equals).isPresent()) {
      problems.add("lake " + lake + " encrypts its data files, which is not supported");
    }
    for (OtlpTable table : OtlpTable.values()) {
      checkLayout(session, table, problems);
    }
    if (!problems.isEmpty()) {
      throw new SinkException.Refused(String.join("; ", problems));
    }
    session.begin();
  }

  private void keepInMetadata(Session session, LakeOptions options, TableDefinition table)
      throws SQLException {
    setOption(session, options, table.name(), "auto_compact", "false");
    setOption(session, options, table.name(), "data_inlining_row_limit", "10");
  }

  private void setOption(
      Session session, LakeOptions options, String table, String option, String value)
      throws SQLException {
    if (options.ofTable(option, target.schema(), table).filter(value::equals).isPresent()) {
      return;
    }
    String given = option.equals(FILE_SIZE) ? value + "B" : value;
    session.execute(
        "CALL "
            + Identifiers.quote(lake)
            + ".set_option("
            + Identifiers.literal(option)
            + ", "
            + Identifiers.literal(given)
            + ", schema => "
            + Identifiers.literal(target.schema())
            + ", table_name => "
            + Identifiers.literal(table)
            + ")");
  }

  /** What DuckLake would do to rows that are inserted, and doesn't to files that are added. */
  private void checkLayout(Session session, OtlpTable table, List<String> problems)
      throws SQLException {
    String name = "table " + target.schema() + "." + table.tableName();
    if (find(table).table().isPartitioned()) {
      problems.add(name + " is partitioned, which is not supported");
    }
    for (String column : tables.columnsWithRules(session, table)) {
      problems.add(
          name
              + ", column "
              + column
              + ": in a lake a column must be nullable and have no default, for neither is looked"
              + " at when a data file is added");
    }
  }

  @Override
  public void stage(Session session, SealedBatch batch, LedgerMove move)
      throws SQLException, SinkException {
    if (known.isEmpty()) {
      look(session, metadata.options(session));
    }
    try {
      files.stage(session, batch, move, this);
    } catch (SQLException e) {
      known.clear(); // The tables may have been made anew elsewhere.
      throw e;
    }
  }

  @Override
  public long insert(Session session, SealedBatch batch, OtlpTable table) throws SQLException {
    try {
      session.execute(
          "CALL ducklake_add_data_files("
              + Identifiers.literal(lake)
              + ", "
              + Identifiers.literal(table.tableName())
              + ", "
              + Identifiers.literal(files.of(table).location())
              + ", schema => "
              + Identifiers.literal(target.schema())
              + ", allow_missing => true)");
    } catch (SQLException e) {
      if (DuckDbErrors.isNoFile(e)) {
        files.giveUp();
      }
      throw e;
    }
    return batch.rows(table);
  }

  @Override
  public void describe(Session session, String message, String details) throws SQLException {
    session.execute(
        "CALL ducklake_set_commit_message("
            + Identifiers.literal(lake)
            + ", "
            + Identifiers.literal(AUTHOR)
            + ", "
            + Identifiers.literal(message)
            + ", extra_info => "
            + Identifiers.literal(details)
            + ")");
  }

  @Override
  public void committed(Session session) {
    files.committed(session, metadata);
  }

  @Override
  public SinkException commitFailure(String target, SQLException failure) {
    return DuckDbErrors.ofLakeCommit(target, failure);
  }

  @Override
  public void maintain(Session session) throws SQLException, SinkException {
    maintenance.run(session);
  }

  @Override
  public LakeMetadata.Table table(OtlpTable table) {
    return find(table).table();
  }

  @Override
  public String copyOptions(OtlpTable table) {
    return find(table).copyOptions();
  }

  private Known find(OtlpTable table) {
    Known found = known.get(table);
    if (found == null) {
      throw new IllegalStateException(table.tableName() + " was not looked up");
    }
    return found;
  }

  /** Notes where the tables of rows are, and how their files are written. */
  private void look(Session session, LakeOptions options) throws SQLException {
    known.clear();
    Map<String, LakeMetadata.Table> tables = metadata.tables(session, target.schema());
    for (OtlpTable table : OtlpTable.values()) {
      LakeMetadata.Table found = tables.get(table.tableName());
      if (found == null) {
        known.clear();
        throw new SQLException(
            "Catalog Error: table "
                + target.schema()
                + "."
                + table.tableName()
                + " does not exist in lake "
                + lake);
      }
      known.put(table, new Known(found, copyOptions(options, table)));
    }
  }

  private String copyOptions(LakeOptions options, OtlpTable table) {
    StringBuilder text = new StringBuilder();
    COPY_OPTIONS.forEach(
        (option, name) ->
            options
                .effective(option, target.schema(), table.tableName())
                .ifPresent(
                    value ->
                        text.append(", ")
                            .append(name)
                            .append(' ')
                            .append(Identifiers.literal(value))));
    return text.toString();
  }
}
