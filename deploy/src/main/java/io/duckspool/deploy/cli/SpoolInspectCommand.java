package io.duckspool.deploy.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.duckspool.common.config.ConfigException;
import io.duckspool.common.otlp.ContentCoding;
import io.duckspool.common.otlp.PayloadFormat;
import io.duckspool.common.otlp.Signal;
import io.duckspool.common.process.ExitCode;
import io.duckspool.common.server.DataFolder;
import io.duckspool.common.server.ServerFolder;
import io.duckspool.spool.SpoolReadException;
import io.duckspool.spool.chronicle.SpoolInspection;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code duckspool spool inspect}. */
@Command(
    name = "inspect",
    description = "Prints the marks and segments of a server's spool, and its entries if asked.",
    mixinStandardHelpOptions = true)
final class SpoolInspectCommand implements Callable<Integer> {
  @Mixin private CommonOptions common = new CommonOptions();
  @Mixin private JsonOption json = new JsonOption();

  @Option(names = "--entries", description = "Print each entry, too.")
  private boolean withEntries;

  @Parameters(paramLabel = "URI", arity = "0..1", description = "The server; default: all.")
  private @Nullable String uri;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  SpoolInspectCommand() {}

  @Override
  public Integer call() throws ConfigException, CommandFailedException, JsonProcessingException {
    DataFolder data = new DataFolder(common.load().data());
    List<Map<String, Object>> spools = new ArrayList<>();
    for (ServerFolder folder : SpoolCommand.folders(data, Optional.ofNullable(uri))) {
      spools.add(spool(folder));
    }
    PrintWriter out = spec.commandLine().getOut();
    if (json.isSet()) {
      out.println(new ObjectMapper().writeValueAsString(spools));
    } else {
      spools.forEach(spool -> print(spool, out));
    }
    return ExitCode.DONE;
  }

  private Map<String, Object> spool(ServerFolder folder) throws CommandFailedException {
    SpoolInspection inspection = SpoolInspection.of(folder.path());
    Map<String, Object> spool = new LinkedHashMap<>();
    try {
      spool.put("server", folder.name());
      spool.put(
          "durable_index",
          inspection.durableMark().map(mark -> mark.position().next().toString()).orElse("none"));
      spool.put("committed_index", inspection.committedMark().position().next().toString());
      List<Map<String, Object>> segments = new ArrayList<>();
      for (SpoolInspection.Segment segment : inspection.segments()) {
        segments.add(segment(inspection, segment));
      }
      spool.put("segments", segments);
    } catch (SpoolReadException e) {
      throw new CommandFailedException(ExitCode.FAILED, folder.name() + ": " + e.getMessage());
    }
    return spool;
  }

  private Map<String, Object> segment(SpoolInspection inspection, SpoolInspection.Segment segment)
      throws SpoolReadException {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("segment", segment.number());
    fields.put("file", segment.file().toString());
    fields.put("file_bytes", segment.fileBytes());
    fields.put("header", segment.header().isPresent() ? "good" : "damaged");
    fields.put("entries", segment.entries());
    fields.put("rows", segment.rows());
    fields.put("payload_bytes", segment.payloadBytes());
    fields.put("end", segment.end().map(end -> end.next().toString()).orElse("none"));
    if (withEntries) {
      List<Map<String, Object>> entries = new ArrayList<>();
      inspection.entries(segment.number(), entry -> entries.add(entry(entry)));
      fields.put("entry_list", entries);
    }
    return fields;
  }

  private static Map<String, Object> entry(SpoolInspection.Entry entry) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("index", entry.index().toString());
    fields.put("signal", name(Signal::ofCode, entry.meta().signal()));
    fields.put("format", name(PayloadFormat::ofCode, entry.meta().format()));
    fields.put("coding", name(ContentCoding::ofCode, entry.meta().coding()));
    fields.put("rows", entry.meta().rows());
    fields.put("payload_offset", entry.payloadOffset());
    fields.put("payload_bytes", entry.payloadBytes());
    return fields;
  }

  /** The name of a code, or the number of one that only a newer version knows. */
  private static String name(IntFunction<Enum<?>> ofCode, int code) {
    try {
      return ofCode.apply(code).name().toLowerCase(Locale.ROOT);
    } catch (IllegalArgumentException e) {
      return Integer.toString(code);
    }
  }

  /** One line for each segment and entry, {@code name=value}. */
  private static void print(Map<String, Object> fields, PrintWriter out) {
    StringBuilder line = new StringBuilder();
    fields.forEach(
        (name, value) -> {
          if (!(value instanceof List<?>)) {
            line.append(line.isEmpty() ? "" : " ").append(name).append('=').append(value);
          }
        });
    out.println(line);
    fields.values().stream()
        .filter(List.class::isInstance)
        .flatMap(list -> ((List<?>) list).stream())
        .forEach(
            nested -> {
              Map<String, Object> inner = new LinkedHashMap<>();
              ((Map<?, ?>) nested).forEach((name, value) -> inner.put("" + name, value));
              print(inner, out);
            });
  }
}
