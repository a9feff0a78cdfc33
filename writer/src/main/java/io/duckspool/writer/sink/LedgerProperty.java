package io.duckspool.writer.sink;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolPosition;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * A ledger row as a property of an Iceberg table. The names of the properties of a spool:
 *
 * <pre>
 * duckspool.&lt;spool id&gt;.next_index       how far this table is, as BIGINT: for people
 * duckspool.&lt;spool id&gt;.ledger           the row that came with the table's last rows
 * duckspool.&lt;spool id&gt;.start.&lt;epoch&gt;    a row that was set: at the start of the spool, or by hand
 * duckspool.&lt;spool id&gt;.empty.&lt;next&gt;     a row that came with a seal without rows; BIGINT
 * </pre>
 *
 * and the value of all but the first, a JSON object:
 *
 * <pre>
 * version              1; a larger one was written by a newer duckspool
 * epoch                0 from the start of the spool on, and another each time the row is set by hand
 * writer               random id of the sink that wrote it
 * listen_uri  seals  updated_at                                      as in a ledger table
 * next_index           "60000037-99"
 * run_id  cumulative_entries  cumulative_rows  cumulative_bytes      of next_index
 * confirmed            {next_index, run_id, cumulative_…}: up to here all tables were known to be
 *                      complete when this was written
 * </pre>
 *
 * @param row its {@code ahead} is not stored
 */
record LedgerProperty(long epoch, String writer, LedgerRow row, Place confirmed) {

  private static final String NEXT_INDEX = "next_index";
  private static final String LEDGER = "ledger";
  private static final String START = "start.";
  private static final String EMPTY = "empty.";
  private static final int VERSION = 1;
  private static final ObjectMapper JSON = new ObjectMapper();

  /** A place in a spool, and the run of the receiver that made its segment. */
  record Place(SpoolPosition position, String runId) {

    static Place of(LedgerRow row) {
      return new Place(row.position(), row.runId());
    }
  }

  /** What the name of every property of a spool begins with. */
  static String prefix(String spoolId) {
    return "duckspool." + spoolId + ".";
  }

  /** The name of a row that is set. */
  static String startName(String spoolId, long epoch) {
    return prefix(spoolId) + START + epoch;
  }

  /** The name of the row of a seal without rows. */
  static String emptyName(String spoolId, SpoolIndex next) {
    return prefix(spoolId) + EMPTY + next.toLong();
  }

  /** True for the name of a row that speaks of all tables. */
  static boolean isShared(String spoolId, String name) {
    return name.startsWith(prefix(spoolId) + START) || name.startsWith(prefix(spoolId) + EMPTY);
  }

  /** True for the name of a seal without rows that ends behind an index. */
  static boolean isEmptyBeyond(String spoolId, String name, SpoolIndex index) {
    String prefix = prefix(spoolId) + EMPTY;
    return name.startsWith(prefix)
        && Long.parseLong(name.substring(prefix.length())) > index.toLong();
  }

  /** A table's own row as it is stored. */
  Map<String, String> asProperties() {
    String prefix = prefix(row.spoolId());
    return Map.of(
        prefix + NEXT_INDEX,
        Long.toString(row.position().next().toLong()),
        prefix + LEDGER,
        text());
  }

  /**
   * A table's own row; empty when it has none.
   *
   * @param table for messages
   * @throws SinkException.Refused the two properties don't go together, or are damaged
   */
  static Optional<LedgerProperty> ownOf(
      String spoolId, String table, Map<String, String> properties) throws SinkException.Refused {
    String text = properties.get(prefix(spoolId) + LEDGER);
    String nextIndex = properties.get(prefix(spoolId) + NEXT_INDEX);
    if (text == null && nextIndex == null) {
      return Optional.empty();
    }
    String where = "table " + table + ", property " + prefix(spoolId) + LEDGER;
    if (text == null) {
      throw new SinkException.Refused(where + " was removed by someone else");
    }
    LedgerProperty property = parse(spoolId, where, text);
    SpoolIndex next = property.row().position().next();
    if (!Long.toString(next.toLong()).equals(nextIndex)) {
      throw new SinkException.Refused(
          where
              + " says "
              + next.toLong()
              + " ("
              + next
              + "), "
              + NEXT_INDEX
              + " beside it "
              + nextIndex
              + ": one of them was changed by someone else");
    }
    return Optional.of(property);
  }

  /** The value of the property. */
  String text() {
    ObjectNode json = JSON.createObjectNode();
    json.put("version", VERSION);
    json.put("epoch", epoch);
    json.put("writer", writer);
    json.put("listen_uri", row.listenUri());
    json.put("seals", row.seals());
    json.put("updated_at", row.updatedAt().toString());
    put(json, Place.of(row));
    put(json.putObject("confirmed"), confirmed);
    return json.toString();
  }

  /**
   * Reads a value.
   *
   * @param where names the property, for messages
   * @throws SinkException.Refused it is not such an object, or one of a newer duckspool
   */
  static LedgerProperty parse(String spoolId, String where, String text)
      throws SinkException.Refused {
    try {
      JsonNode json = JSON.readTree(text);
      long version = json.required("version").longValue();
      if (version > VERSION) {
        throw new SinkException.Refused(
            where
                + " was written by a newer duckspool (version "
                + version
                + ", this one knows "
                + VERSION
                + "): upgrade the writer");
      }
      Place place = place(json);
      return new LedgerProperty(
          json.required("epoch").longValue(),
          json.required("writer").textValue(),
          new LedgerRow(
              spoolId,
              json.required("listen_uri").textValue(),
              place.runId(),
              place.position(),
              json.required("seals").longValue(),
              Instant.parse(json.required("updated_at").asText())),
          place(json.required("confirmed")));
    } catch (JsonProcessingException | IllegalArgumentException | DateTimeException e) {
      throw new SinkException.Refused(
          where + " is no ledger row: it was changed by someone else (" + e.getMessage() + ")", e);
    }
  }

  private static void put(ObjectNode json, Place place) {
    json.put("next_index", place.position().next().toString());
    json.put("run_id", place.runId());
    json.put("cumulative_entries", place.position().entries());
    json.put("cumulative_rows", place.position().rows());
    json.put("cumulative_bytes", place.position().bytes());
  }

  private static Place place(JsonNode json) {
    return new Place(
        new SpoolPosition(
            SpoolIndex.parse(json.required("next_index").asText()),
            json.required("cumulative_entries").longValue(),
            json.required("cumulative_rows").longValue(),
            json.required("cumulative_bytes").longValue()),
        json.required("run_id").asText());
  }
}
