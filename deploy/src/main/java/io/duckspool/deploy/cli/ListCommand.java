package io.duckspool.deploy.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.config.ConfigException;
import io.duckspool.common.process.ExitCode;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code duckspool list}. */
@Command(
    name = "list",
    description = {"Lists the servers, as both processes know them. --json has all columns."},
    mixinStandardHelpOptions = true)
final class ListCommand implements Callable<Integer> {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  @Mixin private CommonOptions common = new CommonOptions();
  @Mixin private JsonOption json = new JsonOption();
  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the field
  ListCommand() {}

  @Override
  public Integer call() throws ConfigException, CommandFailedException, JsonProcessingException {
    ControlCall receiver = ControlCall.toReceiver(common.load());
    PrintWriter out = spec.commandLine().getOut();
    if (json.isSet()) {
      out.println(receiver.get(AdminApi.SERVER_LIST, TIMEOUT));
    } else {
      List<AdminApi.ServerRow> servers =
          receiver.list(AdminApi.SERVER_LIST, AdminApi.ServerRow.class, TIMEOUT);
      new RowTable(out).print(servers.stream().map(ListCommand::row).toList());
      servers.stream()
          .filter(row -> !row.writerConnected())
          .findFirst()
          .ifPresent(
              row -> out.println("the writer doesn't answer: its figures are the last known"));
    }
    return ExitCode.DONE;
  }

  private static Map<String, @Nullable Object> row(AdminApi.ServerRow server) {
    Map<String, @Nullable Object> row = new LinkedHashMap<>();
    row.put("server", server.listenUri());
    row.put("target", target(server));
    row.put("listening", server.isListening());
    row.put("requests", server.totalRequests());
    row.put("rows", server.totalRows());
    row.put("buffered", server.bufferedRows());
    row.put("quarantined", server.quarantinedRowsTotal());
    row.put("spool", AmountText.bytes(server.spoolBytes()));
    row.put("lag", AmountText.age(server.oldestBufferedAgeMs()));
    row.put("last seal", AmountText.age(server.lastSealAgeMs()));
    row.put("error", error(server));
    return row;
  }

  static String target(AdminApi.ServerRow server) {
    return server.catalogName().isEmpty()
        ? server.schemaName()
        : server.catalogName() + "." + server.schemaName();
  }

  static String error(AdminApi.ServerRow server) {
    if (server.lastError() != null) {
      return server.lastError();
    }
    return server.sealLastError() == null ? "" : server.sealLastError();
  }
}
