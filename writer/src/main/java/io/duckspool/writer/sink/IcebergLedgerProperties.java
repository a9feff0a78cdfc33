package io.duckspool.writer.sink;

import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.writer.sink.LedgerProperty.Place;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads and changes the properties that are the ledgers of an Iceberg schema. */
final class IcebergLedgerProperties {

  private final IcebergTables tables;
  private final String writer;

  /**
   * @param writer id that goes into whatever is written
   */
  IcebergLedgerProperties(IcebergTables tables, String writer) {
    this.tables = tables;
    this.writer = writer;
  }

  /** As the session's transaction sees it; all tables must be there. */
  Optional<IcebergLedger> read(Session session, String spoolId) throws SQLException, SinkException {
    return IcebergLedger.read(spoolId, tables.properties(session));
  }

  /**
   * As it is, of the tables that are there. In a transaction of its own, for DuckDB to keep what it
   * found until it has been read.
   */
  Optional<IcebergLedger> readNow(Session session, String spoolId)
      throws SQLException, SinkException {
    session.begin();
    Optional<IcebergLedger> ledger =
        IcebergLedger.read(spoolId, tables.propertiesOfThosePresent(session));
    session.commit();
    return ledger;
  }

  /** Begins an epoch: what was said before doesn't count any more. Durable on return. */
  void begin(Session session, long epoch, LedgerRow row) throws SQLException {
    String text = new LedgerProperty(epoch, writer, row, Place.of(row)).text();
    session.begin();
    for (OtlpTable table : OtlpTable.values()) {
      tables.set(
          session, table.tableName(), Map.of(LedgerProperty.startName(row.spoolId(), epoch), text));
    }
    session.commit();
  }

  /**
   * Moves tables that get rows, in the session's transaction.
   *
   * @param confirmed up to where all tables are complete before
   */
  void move(
      Session session, IcebergLedger before, LedgerRow row, Place confirmed, List<String> moving)
      throws SQLException {
    LedgerProperty property = new LedgerProperty(before.epoch(), writer, row, confirmed);
    for (String table : moving) {
      tables.set(session, table, property.asProperties());
      tables.remove(session, table, before.obsolete(table, confirmed.position().next()));
    }
  }

  /** Notes that no table gets rows up to here, in the session's transaction. */
  void noteEmpty(Session session, IcebergLedger before, LedgerRow row) throws SQLException {
    tables.set(
        session,
        OtlpTable.LOGS.tableName(),
        Map.of(
            LedgerProperty.emptyName(row.spoolId(), row.position().next()),
            new LedgerProperty(before.epoch(), writer, row, Place.of(row)).text()));
  }

  /**
   * Removes all of a spool, durable on return.
   *
   * @return false when there was nothing
   */
  boolean remove(Session session, String spoolId) throws SQLException {
    session.begin();
    Map<String, List<String>> own = new LinkedHashMap<>();
    tables
        .propertiesOfThosePresent(session)
        .forEach(
            (table, properties) ->
                own.put(
                    table,
                    properties.keySet().stream()
                        .filter(key -> key.startsWith(LedgerProperty.prefix(spoolId)))
                        .toList()));
    for (Map.Entry<String, List<String>> table : own.entrySet()) {
      tables.remove(session, table.getKey(), table.getValue());
    }
    session.commit();
    return own.values().stream().anyMatch(keys -> !keys.isEmpty());
  }
}
