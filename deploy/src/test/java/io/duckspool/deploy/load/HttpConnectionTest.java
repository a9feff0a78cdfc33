package io.duckspool.deploy.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against a socket that answers what each test wants, byte for byte. */
final class HttpConnectionTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final String HEAD = "HTTP/1.1 200 OK\r\n";

  private final ExecutorService executor = Executors.newCachedThreadPool();
  private ServerSocket server;

  @BeforeEach
  void listen() throws IOException {
    server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  }

  @AfterEach
  void close() throws IOException {
    server.close();
    executor.shutdownNow();
  }

  @Test
  void replies_areReadByLength_byChunks_andToTheEnd() throws Exception {
    assertReply("abc", true, HEAD + "Content-Length: 3\r\n\r\nabc");
    assertReply("", true, HEAD + "content-length:0\r\n\r\n");
    assertReply("", true, "HTTP/1.1 204 No Content\r\n\r\n");
    assertReply(
        "abcdefghijklm",
        true,
        HEAD
            + "Transfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\nA\r\ndefghijklm\r\n0\r\nT: 1\r\n\r\n");
    assertReply("to the end", false, HEAD + "\r\nto the end");
    assertReply("x", false, HEAD + "Connection: close\r\nContent-Length: 1\r\n\r\nx");
    assertReply("y", true, "HTTP/1.1 100 Continue\r\n\r\n" + HEAD + "Content-Length: 1\r\n\r\ny");
  }

  @Test
  void whatIsNoReply_isAnError_andTheConnectionIsOfNoMoreUse() throws Exception {
    assertFails("connection closed by the server", "");
    assertFails("connection closed by the server", HEAD + "Content-Le");
    assertFails("not a status line: SSH-2.0", "SSH-2.0\r\n");
    assertFails("not a status line: HTTP/1.1 2x0", "HTTP/1.1 2x0\r\n\r\n");
    assertFails("not a header: nonsense", HEAD + "nonsense\r\n\r\n");
    assertFails("reply cut after 2 of 3 bytes", HEAD + "Content-Length: 3\r\n\r\nab");
    assertFails("not a length: z", HEAD + "Content-Length: z\r\n\r\n");
    assertFails("a reply of 16777217 bytes, over", HEAD + "Content-Length: 16777217\r\n\r\n");
    assertFails("header line too long", HEAD + "X: " + "x".repeat(70_000));
  }

  /** As a server does that checks the token before it reads the body. */
  @Test
  void aReplyBeforeTheBodyWasRead_isSeen() throws Exception {
    Future<?> answered =
        executor.submit(
            () -> {
              try (Socket socket = server.accept()) {
                socket.getInputStream().readNBytes(20);
                socket
                    .getOutputStream()
                    .write(
                        "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
              }
              return null;
            });
    try (HttpConnection connection = open()) {
      byte[] body = new byte[64 << 20];
      HttpConnection.Reply reply = connection.exchange(head(body.length), body);
      assertEquals(401, reply.status());
      assertFalse(connection.isOpen());
    }
    answered.get();
  }

  private void assertReply(String body, boolean isOpen, String bytes) throws Exception {
    answerWith(bytes);
    try (HttpConnection connection = open()) {
      assertEquals(body, connection.exchange(head(1), new byte[1]).body());
      assertEquals(isOpen, connection.isOpen());
    }
  }

  private void assertFails(String message, String bytes) throws Exception {
    answerWith(bytes);
    try (HttpConnection connection = open()) {
      String told =
          assertThrows(IOException.class, () -> connection.exchange(head(1), new byte[1]))
              .getMessage();
      assertTrue(told.contains(message), told);
      assertFalse(connection.isOpen());
    }
  }

  private void answerWith(String bytes) {
    executor.submit(
        () -> {
          try (Socket socket = server.accept()) {
            socket.getInputStream().readNBytes(head(1).length + 1);
            socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
            socket.shutdownOutput();
            // The client hangs up when it has seen enough.
            socket.getInputStream().readAllBytes();
          }
          return null;
        });
  }

  private HttpConnection open() throws IOException {
    return HttpConnection.open("127.0.0.1", server.getLocalPort(), false, TIMEOUT);
  }

  private static byte[] head(int length) {
    return HttpConnection.head("POST", "/", "h", Map.of(), length);
  }
}
