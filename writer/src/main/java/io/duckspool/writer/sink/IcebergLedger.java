package io.duckspool.writer.sink;

import io.duckspool.spool.SpoolIndex;
import io.duckspool.writer.sink.LedgerProperty.Place;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The ledger of one spool in an Iceberg schema: properties of its tables ({@link LedgerProperty}).
 * A catalog may apply a transaction table by table, so each table says by itself how far it is.
 * Immutable.
 *
 * <p>A table's own row is changed only in a commit that adds rows to the table: that one has a
 * requirement on the table's snapshot, so that of two commits from one state the catalog takes one,
 * however late the other arrives. A commit that changes properties alone has no such requirement;
 * therefore rows that speak of all tables have a name of their own each, and one that is applied
 * late says what was said before.
 *
 * <p>A table counts as far as its own row says, and at least as far as anything says that all
 * tables are ({@link #confirmed}): one that never gets rows, and one that was made later, have
 * nothing of their own to say.
 *
 * @param epoch the newest; rows of older ones don't count any more
 * @param furthest the row that is furthest
 * @param confirmed all tables are complete up to here
 * @param next how far each table is, of all that the target has
 * @param writers who wrote what a table is judged by, or, by {@code ""}, the furthest row
 * @param shared by table, the names of its rows that speak of all tables
 */
record IcebergLedger(
    long epoch,
    LedgerRow furthest,
    Place confirmed,
    Map<String, SpoolIndex> next,
    Map<String, String> writers,
    Map<String, Set<String>> shared) {

  private static final Comparator<LedgerProperty> BY_POSITION =
      Comparator.<LedgerProperty, SpoolIndex>comparing(property -> property.row().position().next())
          .thenComparing(property -> property.row().seals());

  /**
   * Reads a ledger.
   *
   * @param properties of each table of the target, by its name; a missing table has none
   * @return empty when no table has a property of the spool
   * @throws SinkException.Refused a property is damaged, or of a newer duckspool
   */
  static Optional<IcebergLedger> read(String spoolId, Map<String, Map<String, String>> properties)
      throws SinkException.Refused {
    Map<String, LedgerProperty> own = new HashMap<>();
    List<LedgerProperty> shared = new ArrayList<>();
    Map<String, Set<String>> names = new HashMap<>();
    for (Map.Entry<String, Map<String, String>> table : properties.entrySet()) {
      LedgerProperty.ownOf(spoolId, table.getKey(), table.getValue())
          .ifPresent(row -> own.put(table.getKey(), row));
      for (Map.Entry<String, String> property : table.getValue().entrySet()) {
        if (LedgerProperty.isShared(spoolId, property.getKey())) {
          String where = "table " + table.getKey() + ", property " + property.getKey();
          shared.add(LedgerProperty.parse(spoolId, where, property.getValue()));
          names.computeIfAbsent(table.getKey(), name -> new TreeSet<>()).add(property.getKey());
        }
      }
    }
    List<LedgerProperty> all = new ArrayList<>(shared);
    all.addAll(own.values());
    if (all.isEmpty()) {
      return Optional.empty();
    }
    long epoch = all.stream().mapToLong(LedgerProperty::epoch).max().getAsLong();
    List<LedgerProperty> current = all.stream().filter(row -> row.epoch() == epoch).toList();
    LedgerProperty furthest = Collections.max(current, BY_POSITION);
    LedgerProperty confirmed = Collections.max(current, Comparator.comparing(IcebergLedger::upTo));
    Map<String, SpoolIndex> next = new HashMap<>();
    Map<String, String> writers = new HashMap<>();
    writers.put("", furthest.writer());
    for (String table : properties.keySet()) {
      Optional<LedgerProperty> further =
          Optional.ofNullable(own.get(table))
              .filter(current::contains)
              .filter(row -> row.row().position().next().compareTo(upTo(confirmed)) > 0);
      next.put(table, further.map(row -> row.row().position().next()).orElse(upTo(confirmed)));
      writers.put(table, further.orElse(confirmed).writer());
    }
    return Optional.of(
        new IcebergLedger(epoch, furthest.row(), confirmed.confirmed(), next, writers, names));
  }

  private static SpoolIndex upTo(LedgerProperty property) {
    return property.confirmed().position().next();
  }

  /** The row as a pipeline takes it. */
  LedgerRow row() {
    SpoolIndex end = furthest.position().next();
    if (next.values().stream().allMatch(end::equals)) {
      return furthest;
    }
    Map<String, SpoolIndex> ahead = new HashMap<>();
    next.forEach(
        (table, at) -> {
          if (at.compareTo(confirmed.position().next()) > 0) {
            ahead.put(table, at);
          }
        });
    return new LedgerRow(
        furthest.spoolId(),
        furthest.listenUri(),
        confirmed.runId(),
        confirmed.position(),
        furthest.seals(),
        furthest.updatedAt(),
        Optional.of(new TablesAhead(furthest.position(), furthest.runId(), ahead)));
  }

  /**
   * Names of a table's rows that speak of all tables, and say no more than its next own one does.
   *
   * @param upTo all tables are complete up to here, as that one says
   */
  List<String> obsolete(String table, SpoolIndex upTo) {
    String spoolId = furthest.spoolId();
    return shared.getOrDefault(table, Set.of()).stream()
        .filter(name -> !name.equals(LedgerProperty.startName(spoolId, epoch)))
        .filter(name -> !LedgerProperty.isEmptyBeyond(spoolId, name, upTo))
        .toList();
  }

  /** Whether every table is where a step of the ledger begins, or as far ahead as it knows. */
  boolean standsAt(LedgerMove move) {
    return furthest.position().next().equals(expectedFurthest(move))
        && next.keySet().stream().allMatch(table -> standsAt(move, table));
  }

  /** Where the furthest table is, as far as a step of the ledger knows. */
  static SpoolIndex expectedFurthest(LedgerMove move) {
    return move.ahead()
        .map(ahead -> ahead.position().next())
        .filter(position -> position.compareTo(move.first()) > 0)
        .orElse(move.first());
  }

  private boolean standsAt(LedgerMove move, String table) {
    SpoolIndex at = indexOf(table);
    SpoolIndex ahead = move.ahead().map(tables -> tables.next().get(table)).orElse(move.first());
    return ahead.compareTo(move.first()) > 0 ? at.equals(ahead) : at.compareTo(move.first()) <= 0;
  }

  /** Whether a table was moved to the end of a step. */
  boolean isMoved(LedgerMove move, String table) {
    return indexOf(table).equals(move.next().next());
  }

  /** Who moved what is not where a step of the ledger begins. */
  Set<String> writersOfWhatDiffers(LedgerMove move) {
    Set<String> found = new HashSet<>();
    if (!furthest.position().next().equals(expectedFurthest(move))) {
      found.add(writerOf(""));
    }
    for (String table : next.keySet()) {
      if (!standsAt(move, table)) {
        found.add(writerOf(table));
      }
    }
    return found;
  }

  private String writerOf(String table) {
    return writers.getOrDefault(table, "");
  }

  private SpoolIndex indexOf(String table) {
    SpoolIndex at = next.get(table);
    if (at == null) {
      throw new IllegalArgumentException("not a table of this target: " + table);
    }
    return at;
  }
}
