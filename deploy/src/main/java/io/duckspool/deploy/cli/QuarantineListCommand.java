package io.duckspool.deploy.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.duckspool.common.config.ConfigException;
import io.duckspool.common.process.ExitCode;
import io.duckspool.common.server.DataFolder;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.writer.quarantine.DamagedRange;
import io.duckspool.writer.quarantine.QuarantineNote;
import io.duckspool.writer.quarantine.QuarantineReason;
import io.duckspool.writer.quarantine.QuarantinedFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code duckspool quarantine list}. */
@Command(
    name = "list",
    description = "Lists what is in quarantine, of stopped servers, too: what it is, and why.",
    mixinStandardHelpOptions = true)
final class QuarantineListCommand implements Callable<Integer> {
  @Mixin private CommonOptions common = new CommonOptions();
  @Mixin private JsonOption json = new JsonOption();

  @Parameters(
      paramLabel = "SERVER",
      arity = "0..1",
      description = "The server, by its URI, or by its spool id once it is stopped; default: all.")
  private @Nullable String server;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  QuarantineListCommand() {}

  @Override
  public Integer call() throws ConfigException, CommandFailedException, IOException {
    DataFolder data = new DataFolder(common.load().data());
    List<Map<String, @Nullable Object>> rows = new ArrayList<>();
    for (QuarantinePlace place : QuarantinePlace.find(data, Optional.ofNullable(server))) {
      for (QuarantinedFile file : place.files()) {
        rows.add(row(place.server(), file));
      }
    }
    PrintWriter out = spec.commandLine().getOut();
    if (json.isSet()) {
      out.println(new ObjectMapper().writeValueAsString(rows));
    } else {
      new RowTable(out).print(rows);
    }
    return ExitCode.DONE;
  }

  private static Map<String, @Nullable Object> row(String server, QuarantinedFile file) {
    Optional<QuarantineNote> note = file.note();
    Optional<String> fault = file.fault();
    Map<String, @Nullable Object> row = new LinkedHashMap<>();
    row.put("server", server);
    row.put(
        "first_index",
        file.index().map(SpoolIndex::toString).orElse(String.valueOf(file.path().getFileName())));
    row.put("next_index", note.map(n -> n.next().toString()).orElse(null));
    row.put(
        "kind", fault.isPresent() ? "corrupt" : note.map(n -> n.kind().text()).orElse("corrupt"));
    row.put("reason", note.map(QuarantineNote::reason).orElse(QuarantineReason.UNKNOWN).text());
    row.put("entries", note.map(QuarantineNote::entries).orElse(1L));
    row.put("rows", note.map(QuarantineNote::rows).orElse(0L));
    row.put("bytes", file.contentBytes());
    row.put("error", fault.orElse(note.map(QuarantineNote::error).orElse("")));
    row.put("quarantined_at", note.map(QuarantineNote::quarantinedAt).orElse(null));
    row.put(
        "damaged_ranges",
        note.map(QuarantineNote::damagedRanges)
            .filter(ranges -> !ranges.isEmpty())
            .map(DamagedRange::json)
            .orElse(null));
    return row;
  }
}
