package io.duckspool.writer.sink;

import io.duckspool.spool.SpoolIndex;
import java.util.List;
import java.util.Optional;

/**
 * What a target says of itself at one moment.
 *
 * @param ledger the row of the spool in question
 * @param provenance empty where the target keeps none
 */
public record Audit(Optional<LedgerRow> ledger, Optional<Provenance> provenance) {

  /**
   * What the seals say they stored.
   *
   * @param sealCount seals of the spool in question
   * @param first where the first of them begins; empty when there is none
   * @param next where the last of them ends; empty when there is none
   * @param breakCount seals of the spool that don't begin where the one before ended, or are empty
   * @param breaks the first {@link #MAX_BREAKS} of them
   * @param tables the rows of all spools, by table
   */
  public record Provenance(
      long sealCount,
      Optional<SpoolIndex> first,
      Optional<SpoolIndex> next,
      long breakCount,
      List<Break> breaks,
      List<TableRows> tables) {

    /** How many breaks are told of one by one. */
    public static final int MAX_BREAKS = 20;

    public Provenance {
      breaks = List.copyOf(breaks);
      tables = List.copyOf(tables);
    }
  }

  /**
   * A seal that doesn't follow the one before.
   *
   * @param expected where the one before ended
   */
  public record Break(long sealId, SpoolIndex expected, SpoolIndex first, SpoolIndex next) {}

  /**
   * @param sealed rows that the seals say they stored
   * @param present rows that are there
   */
  public record TableRows(String table, long sealed, long present) {}
}
