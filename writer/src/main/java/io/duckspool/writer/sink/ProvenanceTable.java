package io.duckspool.writer.sink;

import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.writer.sink.Audit.Break;
import io.duckspool.writer.sink.Audit.Provenance;
import io.duckspool.writer.sink.Audit.TableRows;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/** Reads what is noted of seals, and counts the tables, in the session's transaction. */
final class ProvenanceTable {

  private final UnaryOperator<String> qualified;
  private final String seals;

  /**
   * Notes in the table {@code duckspool_seals}.
   *
   * @param qualified makes a table's name a qualified, quoted one
   */
  ProvenanceTable(UnaryOperator<String> qualified) {
    this(qualified, qualified.apply(TableDefinition.SEALS.name()));
  }

  /**
   * @param seals what has the columns of {@code duckspool_seals}, as FROM takes it
   */
  ProvenanceTable(UnaryOperator<String> qualified, String seals) {
    this.qualified = qualified;
    this.seals = seals;
  }

  /** Sums over one spool's seals. */
  private record Span(long count, Optional<SpoolIndex> first, Optional<SpoolIndex> next) {}

  Provenance read(Session session, String spoolId) throws SQLException {
    Span span =
        session
            .queryOne(
                row ->
                    row.getLong(1) == 0
                        ? new Span(0, Optional.empty(), Optional.empty())
                        : new Span(
                            row.getLong(1),
                            Optional.of(SpoolIndex.ofLong(row.getLong(2))),
                            Optional.of(SpoolIndex.ofLong(row.getLong(3)))),
                "SELECT count(*), min_by(first_index, seal_id), max_by(next_index, seal_id) FROM "
                    + seals
                    + " WHERE spool_id = ?",
                spoolId)
            .orElseThrow();
    String broken =
        " FROM (SELECT seal_id, first_index, next_index, coalesce(lag(next_index)"
            + " OVER (ORDER BY seal_id, first_index), first_index) AS expected FROM "
            + seals
            + " WHERE spool_id = ?) WHERE first_index <> expected OR next_index <= first_index";
    long breakCount =
        session.queryOne(row -> row.getLong(1), "SELECT count(*)" + broken, spoolId).orElseThrow();
    List<Break> breaks =
        session.query(
            row ->
                new Break(
                    row.getLong(1),
                    SpoolIndex.ofLong(row.getLong(2)),
                    SpoolIndex.ofLong(row.getLong(3)),
                    SpoolIndex.ofLong(row.getLong(4))),
            "SELECT seal_id, expected, first_index, next_index"
                + broken
                + " ORDER BY seal_id, first_index LIMIT "
                + Provenance.MAX_BREAKS,
            spoolId);
    return new Provenance(
        span.count(), span.first(), span.next(), breakCount, breaks, tableRows(session));
  }

  /** Which of these spools have a seal. */
  Set<String> sealed(Session session, Set<String> spoolIds) throws SQLException {
    String ids = spoolIds.stream().map(Identifiers::literal).collect(Collectors.joining(", "));
    return Set.copyOf(
        session.query(
            row -> row.getString(1),
            "SELECT DISTINCT spool_id FROM " + seals + " WHERE spool_id IN (" + ids + ")"));
  }

  private List<TableRows> tableRows(Session session) throws SQLException {
    List<TableRows> rows = new ArrayList<>();
    for (OtlpTable table : OtlpTable.values()) {
      long present =
          session
              .queryOne(
                  row -> row.getLong(1),
                  "SELECT count(*) FROM " + qualified.apply(table.tableName()))
              .orElseThrow();
      long sealed =
          session
              .queryOne(
                  row -> row.getLong(1),
                  "SELECT coalesce(sum((rows_by_table ->> '"
                      + table.tableName()
                      + "')::BIGINT), 0)::BIGINT FROM "
                      + seals)
              .orElseThrow();
      rows.add(new TableRows(table.tableName(), sealed, present));
    }
    return rows;
  }
}
