package io.duckspool.writer.sink;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolPosition;
import java.util.ArrayList;
import java.util.List;

/**
 * What a seal is about to do, and with which staged files, {@code _duckspool/<spool
 * id>.intent.json}: a {@link CheckedJson} with
 *
 * <pre>
 * spool_id, listen_uri, run_id, next_index, cumulative_*    as the ledger has them afterwards
 * first_index   text     where the ledger stands before
 * seal_id       number   the ledger's seals afterwards
 * attempt       text     random; names the folder that the files are staged in
 * files         array of
 *   staged      text     path in that folder
 *   name        text     where it is to go, path in the root
 *   bytes       number   its length
 * </pre>
 *
 * <p>Once it is written the seal is decided: whoever finds it finishes its list, and never makes
 * the files again. Only where a staged file is lost that has not got its place, what has is taken
 * back. While it is there nobody else moves the ledger, so a seal without files has one, too.
 */
record SealIntent(
    String spoolId,
    String listenUri,
    String runId,
    SpoolIndex first,
    SpoolPosition next,
    long sealId,
    String attempt,
    List<File> files) {

  /** A file on its way. */
  record File(String staged, String name, long bytes) {}

  SealIntent {
    files = List.copyOf(files);
  }

  /**
   * @param sealId of the seal, from 1 on
   */
  static SealIntent of(LedgerMove move, long sealId, String attempt, List<File> files) {
    return new SealIntent(
        move.spoolId(),
        move.listenUri(),
        move.runId(),
        move.first(),
        move.next(),
        sealId,
        attempt,
        files);
  }

  static String fileName(String spoolId) {
    return ParquetLayout.FOLDER + "/" + spoolId + ".intent.json";
  }

  List<String> names() {
    return files.stream().map(File::name).toList();
  }

  byte[] bytes() {
    ObjectNode json = CheckedJson.begin();
    json.put("spool_id", spoolId);
    json.put("listen_uri", listenUri);
    json.put("run_id", runId);
    json.put("first_index", first.toString());
    ParquetLedger.putPosition(json, next);
    json.put("seal_id", sealId);
    json.put("attempt", attempt);
    ArrayNode list = json.putArray("files");
    for (File file : files) {
      list.addObject()
          .put("staged", file.staged())
          .put("name", file.name())
          .put("bytes", file.bytes());
    }
    return CheckedJson.bytes(json);
  }

  /**
   * @param what the file, for messages
   */
  static SealIntent read(String what, byte[] bytes) throws SinkException {
    CheckedJson.Fields fields = CheckedJson.read(what, bytes);
    List<File> files = new ArrayList<>();
    for (JsonNode file : fields.array("files")) {
      CheckedJson.Fields one = fields.of(file);
      files.add(new File(one.text("staged"), one.text("name"), one.number("bytes")));
    }
    return new SealIntent(
        fields.text("spool_id"),
        fields.text("listen_uri"),
        fields.text("run_id"),
        SpoolIndex.parse(fields.text("first_index")),
        ParquetLedger.position(fields),
        fields.number("seal_id"),
        fields.text("attempt"),
        files);
  }
}
