package io.duckspool.writer.pipeline;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolPosition;
import io.duckspool.writer.sink.Audit;
import io.duckspool.writer.sink.LedgerRow;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Holds spool, ledger and provenance against each other: the seals must follow each other without
 * gap or overlap from the first up to the ledger's index, that must stand in the spool with its
 * counters, and no table may have more rows than were sealed. Fewer may have been deleted by who
 * owns the tables: a difference, no fault. Pure.
 */
final class Verification {

  private final List<String> problems = new ArrayList<>();
  private final List<String> differences = new ArrayList<>();

  private Verification() {}

  /**
   * Compares.
   *
   * @param facts of the spool at the audited ledger's index, gathered after the audit
   */
  static AdminApi.Verified verify(
      String listenUri, String spoolId, Audit audit, Optional<SpoolFacts> facts) {
    Verification verification = new Verification();
    Optional<LedgerRow> ledger = audit.ledger();
    if (ledger.isEmpty()) {
      verification.problems.add("the target has no ledger row for spool " + spoolId);
    }
    if (ledger.isPresent() && facts.isPresent()) {
      verification.compare(ledger.get().position(), facts.get());
    }
    audit.provenance().ifPresent(provenance -> verification.check(provenance, ledger));
    return verification.report(listenUri, spoolId, audit, facts);
  }

  private void compare(SpoolPosition ledger, SpoolFacts facts) {
    Optional<SpoolPosition> durable = facts.durable();
    if (durable.isPresent() && durable.get().compareTo(ledger) < 0) {
      problems.add(
          "the ledger stands at "
              + ledger.next()
              + ", past the durable end of the spool, "
              + durable.get().next());
    }
    Optional<SpoolPosition> there = facts.atIndex();
    if (there.isPresent() && !there.get().hasCountersOf(ledger)) {
      problems.add(
          "at %s the ledger counts %d entries and %d rows, the spool %d entries and %d rows"
              .formatted(
                  ledger.next(),
                  ledger.entries(),
                  ledger.rows(),
                  there.get().entries(),
                  there.get().rows()));
    }
  }

  private void check(Audit.Provenance provenance, Optional<LedgerRow> ledger) {
    for (Audit.Break found : provenance.breaks()) {
      problems.add(describe(found));
    }
    if (provenance.breakCount() > provenance.breaks().size()) {
      problems.add(
          "and %d more such seals".formatted(provenance.breakCount() - provenance.breaks().size()));
    }
    if (ledger.isPresent() && provenance.next().isPresent()) {
      SpoolIndex stands = ledger.get().position().next();
      SpoolIndex ends = provenance.next().get();
      if (!stands.equals(ends)) {
        problems.add("the last seal ends at " + ends + ", the ledger stands at " + stands);
      }
    }
    for (Audit.TableRows table : provenance.tables()) {
      if (table.present() > table.sealed()) {
        problems.add(
            "%s has %d rows, %d more than were sealed"
                .formatted(table.table(), table.present(), table.present() - table.sealed()));
      } else if (table.present() < table.sealed()) {
        differences.add(
            "%s has %d rows, %d fewer than were sealed: they were deleted, or are lost"
                .formatted(table.table(), table.present(), table.sealed() - table.present()));
      }
    }
  }

  private static String describe(Audit.Break found) {
    if (found.next().compareTo(found.first()) <= 0) {
      return "seal %d holds nothing: it goes from %s to %s"
          .formatted(found.sealId(), found.first(), found.next());
    }
    String what = found.first().compareTo(found.expected()) > 0 ? "a gap" : "an overlap";
    return "%s before seal %d: it begins at %s, the one before ended at %s"
        .formatted(what, found.sealId(), found.first(), found.expected());
  }

  private AdminApi.Verified report(
      String listenUri, String spoolId, Audit audit, Optional<SpoolFacts> facts) {
    Optional<SpoolPosition> ledger = audit.ledger().map(LedgerRow::position);
    Optional<SpoolPosition> durable = facts.flatMap(SpoolFacts::durable);
    Optional<SpoolPosition> pendingTo = durable.filter(end -> ledger.isPresent());
    Optional<Audit.Provenance> provenance = audit.provenance();
    String status = problems.isEmpty() ? differences.isEmpty() ? "ok" : "different" : "broken";
    return new AdminApi.Verified(
        listenUri,
        spoolId,
        status,
        ledger.map(position -> position.next().toString()).orElse(null),
        durable.map(position -> position.next().toString()).orElse(null),
        pendingTo.map(end -> Math.max(0, end.entries() - ledger.get().entries())).orElse(null),
        pendingTo.map(end -> Math.max(0, end.rows() - ledger.get().rows())).orElse(null),
        provenance.map(Audit.Provenance::sealCount).orElse(null),
        provenance.flatMap(Audit.Provenance::first).map(SpoolIndex::toString).orElse(null),
        provenance.flatMap(Audit.Provenance::next).map(SpoolIndex::toString).orElse(null),
        provenance.map(Audit.Provenance::tables).orElse(List.of()).stream()
            .map(
                table -> new AdminApi.VerifiedTable(table.table(), table.sealed(), table.present()))
            .toList(),
        problems,
        differences);
  }
}
