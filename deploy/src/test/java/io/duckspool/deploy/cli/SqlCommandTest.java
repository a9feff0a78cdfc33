package io.duckspool.deploy.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.admin.ControlToken;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code duckspool sql} on a writer whose answer breaks off. */
final class SqlCommandTest {

  private static final String ROWS = "[\n{\"a\":1},\n{\"a\":2}\n]\n";

  @TempDir Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private ServerSocket writer;
  private Path config;

  /** Written after the status: the answer to a query. */
  private volatile String answer = "";

  @BeforeEach
  void start() throws IOException {
    Path data = folder.resolve("d");
    String unused = ControlToken.readOrCreate(data.resolve("control.token")).reveal();
    writer = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    config = folder.resolve("c.yaml");
    Files.writeString(
        config,
        "data: '%s'\nwriter: {control: 'localhost:%d'}\n".formatted(data, writer.getLocalPort()));
    Thread thread = new Thread(this::serve, "writer");
    thread.setDaemon(true);
    thread.start();
  }

  @AfterEach
  void stop() throws IOException {
    writer.close();
  }

  /** One request a connection, which is closed after what there is to write. */
  private void serve() {
    while (!writer.isClosed()) {
      try (Socket socket = writer.accept()) {
        BufferedReader in =
            new BufferedReader(
                new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
        boolean isQuery = in.readLine().startsWith("POST");
        int length = 0;
        for (String line = in.readLine(); !line.isEmpty(); line = in.readLine()) {
          if (line.toLowerCase().startsWith("content-length:")) {
            length = Integer.parseInt(line.substring(15).strip());
          }
        }
        for (int i = 0; i < length; i++) {
          in.read();
        }
        String head = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\n";
        String reply = isQuery ? answer : "Content-Length: 15\r\n\r\n{\"status\":\"ok\"}";
        socket.getOutputStream().write((head + reply).getBytes(StandardCharsets.US_ASCII));
      } catch (IOException e) {
        // The test is over, or sees a connection that broke.
      }
    }
  }

  private static String chunked(String body) {
    return "Transfer-Encoding: chunked\r\n\r\n"
        + Integer.toHexString(body.length())
        + "\r\n"
        + body
        + "\r\n";
  }

  private int run(String... words) {
    return DuckspoolCommand.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(words);
  }

  @ParameterizedTest
  @ValueSource(strings = {"--json", "--csv", "--config"})
  void anAnswerWithoutItsEnd_isAFailure_evenWhenItLooksWhole(String form) {
    String[] words = {"sql", form, config.toString(), "SELECT a FROM t"};
    if (!form.equals("--config")) {
      words = new String[] {"sql", form, "--config", config.toString(), "SELECT a FROM t"};
    }
    answer = chunked(ROWS) + "0\r\n\r\n";
    assertEquals(0, run(words), err::toString);
    answer = chunked(ROWS);
    assertEquals(1, run(words));
    assertTrue(err.toString().contains("reading the rows failed"), err::toString);
  }
}
