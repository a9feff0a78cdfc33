package io.duckspool.deploy.cli;

import static java.util.stream.Collectors.joining;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.duckspool.common.net.FreePort;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

final class CommandLineTest {
  @TempDir Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void noCommand_andAnUnknownOne_areWrongUsage() {
    assertEquals(2, run());
    assertTrue(err.toString().contains("Commands:"), err::toString);
    assertEquals(2, run("fly"));
    assertEquals(2, run("sql"));
    assertEquals(2, run("up", "--no-such-option"));
  }

  @Test
  void helpAndCompletion_knowAllCommands_aCommandAloneToo() {
    List<String> all = List.copyOf(DuckspoolCommand.commandLine().getSubcommands().keySet());
    assertEquals(0, run("--help"));
    String help = out.toString();
    assertEquals(0, run("completion"));
    String completion = out.toString().substring(help.length());
    for (String command : all) {
      assertTrue(help.contains("\n  " + command + " "), () -> command + " in " + help);
      assertTrue(completion.contains("_picocli_duckspool_" + command + "()"), command);
      assertEquals(0, run(command, "--help"), command);
    }
    assertEquals(2, run("recevier"));
    assertTrue(err.toString().contains("receiver"), "what was meant: " + err);
  }

  @Test
  void version_isPrinted_alsoAsJson() {
    assertEquals(0, run("version"));
    assertTrue(out.toString().startsWith("duckspool "), out::toString);
    out.getBuffer().setLength(0);
    assertEquals(0, run("version", "--json"));
    assertTrue(out.toString().startsWith("{\"version\":"), out::toString);
  }

  @Test
  void ddl_printsTheSameStatements_asTextAndAsJson() throws IOException {
    for (String[] target :
        new String[][] {
          {"--schema", "otel"}, {"--parquet-export-path", folder.resolve("p").toString()}
        }) {
      out.getBuffer().setLength(0);
      assertEquals(0, run("ddl", target[0], target[1], "--json"));
      List<String> statements = new ArrayList<>();
      new ObjectMapper().readTree(out.toString()).forEach(one -> statements.add(one.asText()));
      assertTrue(statements.size() > 7, out::toString);
      out.getBuffer().setLength(0);
      assertEquals(0, run("ddl", target[0], target[1]));
      assertEquals(
          statements.stream().map(one -> one + ";").collect(joining("\n")),
          out.toString().lines().filter(line -> !line.startsWith("--")).collect(joining("\n")));
    }
  }

  @Test
  void aWrongConfiguration_endsEachCommandWith2_andNamesEveryProblem() throws IOException {
    Path config = folder.resolve("wrong.yaml");
    Files.writeString(config, "spool: {sync: never}\nnonsense: 1\n");
    for (String command : new String[] {"up", "healthcheck"}) {
      err.getBuffer().setLength(0);
      assertEquals(2, run(command, "--config", config.toString()));
      assertTrue(err.toString().contains(config + ":1: spool.sync: "), err::toString);
      assertTrue(err.toString().contains(config + ":2: nonsense: unknown key"), err::toString);
    }
  }

  @Test
  void aWrongUriOfUp_isToldByItsFlag() {
    assertEquals(2, run("up", "--data", folder.toString(), "--uri", "http://localhost"));
    assertTrue(err.toString().contains("flag --uri: servers[0].uri: "), err::toString);
  }

  @Test
  void up_namesThePortThatIsTaken() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      int port = taken.getLocalPort();
      assertEquals(1, run("up", "--data", folder.toString(), "--uri", "otlp:127.0.0.1:" + port));
      assertTrue(err.toString().contains("port " + port + " on 127.0.0.1 is taken"), err::toString);
    }
  }

  @Test
  void up_saysThatItsFlagsAreNotUsed_whereServersAreDeclared() throws IOException {
    Path config = folder.resolve("declared.yaml");
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      // A port that is taken keeps it from starting anything.
      String uri = "otlp:127.0.0.1:" + taken.getLocalPort();
      Files.writeString(
          config, "data: '%s'\nservers: [{uri: '%s'}]\n".formatted(folder.resolve("d"), uri));
      assertEquals(1, run("up", "--config", config.toString(), "--uri", "otlp:localhost:9"));
      assertTrue(
          err.toString()
              .contains(
                  "--uri otlp:localhost:9 is not used: the configuration declares its servers: "
                      + uri),
          err::toString);
      err.getBuffer().setLength(0);
      assertEquals(1, run("up", "--config", config.toString(), "--uri", uri));
      assertTrue(!err.toString().contains("not used"), err::toString);
      assertEquals(1, run("up", "--config", config.toString()));
      assertTrue(!err.toString().contains("not used"), err::toString);
      assertEquals(2, run("up", "--config", config.toString(), "--uri", "http://localhost"));
      assertTrue(err.toString().contains("flag --uri: "), err::toString);
    }
  }

  @Test
  void healthcheck_endsWith3_whenNobodyAnswers() throws IOException {
    Path config = folder.resolve("c.yaml");
    Files.writeString(
        config,
        "receiver: {control: '127.0.0.1:%d'}\nwriter: {control: '127.0.0.1:%d'}\n"
            .formatted(FreePort.take(), FreePort.take()));
    assertEquals(3, run("healthcheck", "--config", config.toString()));
    assertTrue(out.toString().contains("receiver: not reachable"), out::toString);
    assertTrue(out.toString().contains("writer: not reachable"), out::toString);
    out.getBuffer().setLength(0);
    assertEquals(3, run("healthcheck", "--json", "--config", config.toString()));
    assertTrue(out.toString().startsWith("{\"receiver\":\"not reachable"), out::toString);
  }

  @Test
  void sql_withoutADataFolder_saysSo() {
    assertEquals(1, run("sql", "--data", folder.resolve("none").toString(), "SELECT 1"));
    assertTrue(err.toString().contains("there is no data folder"), err::toString);
  }

  @Test
  void spool_withoutServers_isSound() {
    assertEquals(0, run("spool", "verify", "--data", folder.toString()));
    assertEquals(0, run("spool", "inspect", "--data", folder.toString()));
    assertEquals(1, run("spool", "verify", "--data", folder.toString(), "otlp:localhost:1"));
    assertEquals(2, run("spool"));
  }

  @Test
  void walCut_hasNothingToDo_whereNoLogIsDamaged() {
    assertEquals(2, run("wal"));
    assertEquals(0, run("wal", "cut", "--data", folder.toString()));
    assertTrue(out.toString().contains("no log is damaged"), out::toString);
    assertEquals(1, run("wal", "cut", "--data", folder.resolve("none").toString()));
  }

  @Test
  void ledgerSet_needsOnePlace_andAWriter() throws IOException {
    assertEquals(2, run("ledger"));
    assertEquals(2, run("ledger", "set", "otlp:localhost:4318"));
    assertEquals(2, run("ledger", "set", "otlp:localhost:4318", "--next", "1-1", "--from-oldest"));
    assertEquals(2, run("ledger", "set", "http://localhost", "--from-oldest"));
    Path config = folder.resolve("l.yaml");
    Files.writeString(
        config,
        "data: '%s'\nwriter: {control: '127.0.0.1:%d'}\n"
            .formatted(folder.resolve("d"), FreePort.take()));
    assertEquals(
        3,
        run("ledger", "set", "otlp:localhost:4318", "--from-oldest", "--config", config.toString()),
        err::toString);
  }

  @Test
  void aTable_thatIsWiderThanTheTerminal_isPrintedInBlocks() {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("server", "otlp:localhost:4318");
    row.put("rows/s", "5,046");
    row.put("lag", "8.3 s");
    row.put("error", "");
    String table =
        """
        server              | rows/s | lag   | error
        --------------------+--------+-------+------
        otlp:localhost:4318 | 5,046  | 8.3 s |
        (1 row)
        """;
    assertEquals(table, printedWithin(44, row));
    assertEquals(
        """
        otlp:localhost:4318
          rows/s 5,046   lag 8.3 s   error
        (1 row)
        """,
        printedWithin(43, row));
    assertEquals(
        """
        otlp:localhost:4318
          rows/s 5,046
          lag 8.3 s
          error
        (1 row)
        """,
        printedWithin(10, row));
  }

  private static String printedWithin(int columns, Map<String, Object> row) {
    StringWriter out = new StringWriter();
    new RowTable(new PrintWriter(out)).printWithin(columns, List.of(row));
    return out.toString();
  }

  @Test
  void rows_arePrintedAsATable_thatControlCharactersCannotBreak() throws IOException {
    String json =
        "[{\"n\":1,\"text\":\"a\\nb\\u001b[2J\",\"none\":null},{\"n\":22,\"text\":\"c\",\"none\":[1,2]}]";
    new RowTable(new PrintWriter(out, true))
        .print(new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8)));
    assertEquals(
        """
        n  | text    | none
        ---+---------+------
        1  | a\u00b7b\u00b7[2J | NULL
        22 | c       | [1,2]
        (2 rows)
        """,
        out.toString().replace("\r\n", "\n"));
  }

  @Test
  void aLongResult_isPrintedWhole() throws IOException {
    StringBuilder json = new StringBuilder("[");
    for (int i = 0; i < 1_234; i++) {
      json.append(i == 0 ? "" : ",").append("{\"n\":").append(i).append('}');
    }
    new RowTable(new PrintWriter(out, true))
        .print(new ByteArrayInputStream((json + "]").getBytes(StandardCharsets.UTF_8)));
    assertEquals(2 + 1_234 + 1, out.toString().lines().count());
    assertTrue(out.toString().contains("(1234 rows)"));
  }

  private int run(String... arguments) {
    CommandLine commandLine = DuckspoolCommand.commandLine(arguments);
    commandLine.setOut(new PrintWriter(out, true));
    commandLine.setErr(new PrintWriter(err, true));
    return commandLine.execute(arguments);
  }
}
