package io.duckspool.writer.sink;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolPosition;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * The ledger of a spool in a Parquet root, {@code _duckspool/<spool id>.ledger.json}: a {@link
 * CheckedJson} with
 *
 * <pre>
 * spool_id            text     32 lower-case hex characters
 * listen_uri          text     canonical, for people
 * run_id              text     of the receiver that made the segment of next_index
 * next_index          text     SEGMENT-SEQUENCE, the next to commit
 * cumulative_entries  number   and _rows, _bytes: the spool's counters up to next_index
 * seals               number   commits so far
 * updated_at          text     ISO-8601, UTC
 * files_index         text     SEGMENT-SEQUENCE: where the last seal ended that wrote a file
 * attempt             text     of the intent that led here; empty: none did
 * take_backs          number   attempts that were given up after their intent was written
 * taken_back          array of text, the last 16 of them
 * </pre>
 *
 * @param row the ledger's row, as in other targets
 * @param filesIndex between it and the row's next index lie seals without rows
 * @param attempt tells the intent that is done from one that isn't
 * @param takeBacks part of the number of each file, so that no later file has the name of one that
 *     was taken back
 * @param takenBack noted before files are taken back, so that whoever still places some knows
 */
record ParquetLedger(
    LedgerRow row, SpoolIndex filesIndex, String attempt, long takeBacks, List<String> takenBack) {

  private static final int MAX_TAKEN_BACK = 16;

  ParquetLedger {
    takenBack = List.copyOf(takenBack);
  }

  /** The ledger of a spool nothing was committed from. */
  static ParquetLedger at(LedgerRow row) {
    return new ParquetLedger(row, row.position().next(), "", 0, List.of());
  }

  static String fileName(String spoolId) {
    return ParquetLayout.FOLDER + "/" + spoolId + ".ledger.json";
  }

  /** Where an operator wants it. */
  ParquetLedger setTo(LedgerRow other) {
    return new ParquetLedger(other, other.position().next(), "", takeBacks, takenBack);
  }

  /** After a seal whose files, if any, have their places. */
  ParquetLedger after(SealIntent intent, Instant now) {
    LedgerRow moved =
        new LedgerRow(
            intent.spoolId(),
            intent.listenUri(),
            intent.runId(),
            intent.next(),
            intent.sealId(),
            now);
    return new ParquetLedger(
        moved,
        intent.files().isEmpty() ? filesIndex : intent.next().next(),
        intent.attempt(),
        takeBacks,
        takenBack);
  }

  /** Before the files of an attempt are taken back. */
  ParquetLedger withTakenBack(String other) {
    List<String> attempts = new ArrayList<>(takenBack);
    attempts.add(other);
    int from = Math.max(0, attempts.size() - MAX_TAKEN_BACK);
    return new ParquetLedger(
        row, filesIndex, attempt, takeBacks + 1, attempts.subList(from, attempts.size()));
  }

  byte[] bytes() {
    ObjectNode json = CheckedJson.begin();
    json.put("spool_id", row.spoolId());
    json.put("listen_uri", row.listenUri());
    json.put("run_id", row.runId());
    putPosition(json, row.position());
    json.put("seals", row.seals());
    json.put("updated_at", row.updatedAt().toString());
    json.put("files_index", filesIndex.toString());
    json.put("attempt", attempt);
    json.put("take_backs", takeBacks);
    ArrayNode list = json.putArray("taken_back");
    takenBack.forEach(list::add);
    return CheckedJson.bytes(json);
  }

  /**
   * @param what the file, for messages
   */
  static ParquetLedger read(String what, byte[] bytes) throws SinkException {
    CheckedJson.Fields fields = CheckedJson.read(what, bytes);
    List<String> takenBack = new ArrayList<>();
    for (JsonNode attempt : fields.array("taken_back")) {
      takenBack.add(attempt.asText());
    }
    return new ParquetLedger(
        new LedgerRow(
            fields.text("spool_id"),
            fields.text("listen_uri"),
            fields.text("run_id"),
            position(fields),
            fields.number("seals"),
            Instant.parse(fields.text("updated_at"))),
        SpoolIndex.parse(fields.text("files_index")),
        fields.text("attempt"),
        fields.number("take_backs"),
        takenBack);
  }

  static void putPosition(ObjectNode json, SpoolPosition position) {
    json.put("next_index", position.next().toString());
    json.put("cumulative_entries", position.entries());
    json.put("cumulative_rows", position.rows());
    json.put("cumulative_bytes", position.bytes());
  }

  static SpoolPosition position(CheckedJson.Fields fields) throws SinkException {
    return new SpoolPosition(
        SpoolIndex.parse(fields.text("next_index")),
        fields.number("cumulative_entries"),
        fields.number("cumulative_rows"),
        fields.number("cumulative_bytes"));
  }
}
