package io.duckspool.deploy.export;

import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.chronicle.SpoolInspection;
import io.duckspool.writer.quarantine.DamagedRange;
import io.duckspool.writer.quarantine.QuarantineNote;
import java.util.List;
import java.util.Optional;

/**
 * What is known of bytes that are no whole entry.
 *
 * @param name what they are called by: an index, or the name of a file
 * @param kind damage or corrupt
 * @param lost the entries that stood there, as far as that is known
 * @param ranges where the bytes stood in the journal, as far as that is known
 * @param note of a file in quarantine
 */
public record Fragment(
    String name,
    String kind,
    Optional<Lost> lost,
    List<DamagedRange> ranges,
    Optional<QuarantineNote> note) {

  public Fragment {
    ranges = List.copyOf(ranges);
  }

  /** Entries that can't be read. */
  public record Lost(SpoolIndex first, SpoolIndex next, long entries, long rows) {}

  /** Bytes of a file in quarantine, which may have a note. */
  public static Fragment quarantined(String name, String kind, Optional<QuarantineNote> note) {
    return new Fragment(
        name,
        kind,
        note.map(known -> new Lost(known.first(), known.next(), known.entries(), known.rows())),
        note.map(QuarantineNote::damagedRanges).orElse(List.of()),
        note);
  }

  /** Bytes of a journal. */
  public static Fragment damage(SpoolInspection.Problem problem) {
    return new Fragment(
        problem.first().toString(),
        "damage",
        Optional.of(
            new Lost(problem.first(), problem.next(), problem.lostEntries(), problem.lostRows())),
        DamagedRange.of(problem.bytes()),
        Optional.empty());
  }
}
