package io.duckspool.writer.quarantine;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.duckspool.spool.SpoolIndex;
import java.util.List;
import java.util.Optional;

/**
 * What is noted of something in quarantine, beside its bytes: one line of JSON.
 *
 * <pre>
 * version          1
 * kind             entry | damage
 * first_index, next_index, rows, entries
 * reason           {@link QuarantineReason}; absent in files of earlier builds
 * damaged_ranges   of damage, where it is, {@link DamagedRange}: an array of objects with
 *                  segment_file, first_byte, next_byte; absent where that isn't known, as of a
 *                  missing segment, and in files of earlier builds
 * error            in words
 * quarantined_at   ISO-8601, UTC
 * content_bytes    how many bytes follow the line
 * dropped_at       where it was given up: there are no bytes then
 * </pre>
 *
 * @param first its index
 * @param next the index after it
 * @param entries how many entries it is, 1 for an entry
 * @param rows how many rows they would have been
 * @param reason why, in a word
 * @param damagedRanges where the damage is, oldest first, the first {@link #MAX_RANGES} of them;
 *     empty for an entry, and where it isn't known
 * @param error why, in words
 * @param quarantinedAt ISO-8601, UTC
 */
public record QuarantineNote(
    Kind kind,
    SpoolIndex first,
    SpoolIndex next,
    long entries,
    long rows,
    QuarantineReason reason,
    List<DamagedRange> damagedRanges,
    String error,
    String quarantinedAt) {

  /** Longer errors are cut: a line must stay one that is read whole. */
  static final int MAX_ERROR_CHARS = 16_384;

  /** More are left out, for the same reason; a range is a segment, or a part of one. */
  static final int MAX_RANGES = 1_000;

  private static final int VERSION = 1;
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What a file of the quarantine holds. */
  public enum Kind {
    ENTRY("entry"),
    DAMAGE("damage");

    private final String text;

    Kind(String text) {
      this.text = text;
    }

    /** The word, as it stands in files and lists. */
    public String text() {
      return text;
    }
  }

  public QuarantineNote {
    damagedRanges =
        List.copyOf(damagedRanges.subList(0, Math.min(MAX_RANGES, damagedRanges.size())));
    if (error.length() > MAX_ERROR_CHARS) {
      error = error.substring(0, MAX_ERROR_CHARS - 1) + "\u2026";
    }
  }

  /** A note that names no damaged bytes. */
  public QuarantineNote(
      Kind kind,
      SpoolIndex first,
      SpoolIndex next,
      long entries,
      long rows,
      QuarantineReason reason,
      String error,
      String quarantinedAt) {
    this(kind, first, next, entries, rows, reason, List.of(), error, quarantinedAt);
  }

  /** The same with another verdict on it. */
  QuarantineNote with(QuarantineReason otherReason, String otherError) {
    return new QuarantineNote(
        kind, first, next, entries, rows, otherReason, damagedRanges, otherError, quarantinedAt);
  }

  /** The line, with its LF. */
  String line(long contentBytes) {
    return json().put("content_bytes", contentBytes) + "\n";
  }

  /** The line of something that was given up. */
  String droppedLine(String droppedAt) {
    return json().put("dropped_at", droppedAt) + "\n";
  }

  private ObjectNode json() {
    ObjectNode line = JSON.createObjectNode();
    line.put("version", VERSION);
    line.put("kind", kind.text);
    line.put("first_index", first.toString());
    line.put("next_index", next.toString());
    line.put("rows", rows);
    line.put("entries", entries);
    line.put("reason", reason.text());
    if (!damagedRanges.isEmpty()) {
      line.set("damaged_ranges", DamagedRange.json(damagedRanges));
    }
    line.put("error", error);
    line.put("quarantined_at", quarantinedAt);
    return line;
  }

  /** A note as it was read, with what it says of the bytes behind it. */
  record Read(QuarantineNote note, long contentBytes) {}

  /** Reads a line; empty when it is none of ours, or of a newer version. */
  static Optional<Read> parse(String line) {
    try {
      JsonNode json = JSON.readTree(line);
      if (json.path("version").asLong() != VERSION) {
        return Optional.empty();
      }
      Kind kind = json.path("kind").asText().equals(Kind.DAMAGE.text) ? Kind.DAMAGE : Kind.ENTRY;
      return Optional.of(
          new Read(
              new QuarantineNote(
                  kind,
                  SpoolIndex.parse(json.path("first_index").asText()),
                  SpoolIndex.parse(json.path("next_index").asText()),
                  json.path("entries").asLong(),
                  json.path("rows").asLong(),
                  QuarantineReason.of(json.path("reason").asText()),
                  DamagedRange.parse(json.path("damaged_ranges")),
                  json.path("error").asText(),
                  json.path("quarantined_at").asText()),
              json.path("content_bytes").asLong()));
    } catch (JsonProcessingException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
