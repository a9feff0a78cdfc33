package io.duckspool.writer.servers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The faults, in front of a server that repeats each line. */
final class TcpProxyTest {

  private final BlockingQueue<String> arrived = new LinkedBlockingQueue<>();
  private ServerSocket server;
  private TcpProxy proxy;

  @BeforeEach
  void open() throws IOException {
    server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    Thread accepting = new Thread(this::serve, "echo");
    accepting.setDaemon(true);
    accepting.start();
    proxy = TcpProxy.to("127.0.0.1", server.getLocalPort());
  }

  @AfterEach
  void close() throws IOException {
    proxy.close();
    server.close();
  }

  @Test
  void aReplyThatIsCut_isOfARequestThatArrived() throws Exception {
    TcpProxy.Fault fault = proxy.cutReplyTo("COMMIT");
    try (Client client = new Client()) {
      assertEquals("BEGIN", client.ask("BEGIN"));
      assertFalse(fault.hasStruck());
      assertEquals("cut", client.ask("COMMIT"));
    }
    assertEquals(List.of("BEGIN", "COMMIT"), List.of(next(), next()));
    assertTrue(fault.hasStruck());
    try (Client client = new Client()) {
      assertEquals("COMMIT", client.ask("COMMIT"), "it strikes once");
    }
  }

  @Test
  void aRequestThatIsHeld_arrivesWhenItIsReleased() throws Exception {
    TcpProxy.Fault fault = proxy.hold("COMMIT");
    try (Client client = new Client()) {
      assertEquals("cut", client.ask("COMMIT"));
    }
    try (Client client = new Client()) {
      assertEquals("BEGIN", client.ask("BEGIN"));
    }
    assertEquals("BEGIN", next());
    assertTrue(fault.hasStruck());
    fault.release();
    assertEquals("COMMIT", next());
  }

  @Test
  void whileItIsDown_nobodyGetsThrough() throws Exception {
    try (Client client = new Client()) {
      assertEquals("a", client.ask("a"));
      proxy.down();
      assertEquals("cut", client.ask("b"));
    }
    try (Client client = new Client()) {
      assertEquals("cut", client.ask("c"));
    }
    proxy.up();
    try (Client client = new Client()) {
      assertEquals("d", client.ask("d"));
    }
    assertEquals(2, proxy.brokenCount(), "the one that was open, and the one that was refused");
  }

  @Test
  void whileAllIsMute_requestsArrive_andNoAnswer_untilTheCut() throws Exception {
    proxy.muteAll();
    try (Client client = new Client()) {
      CompletableFuture<String> answer = CompletableFuture.supplyAsync(() -> client.ask("a"));
      assertEquals("a", next());
      while (proxy.mutedCount() == 0) {
        Thread.onSpinWait();
      }
      assertFalse(answer.isDone());
      proxy.cut();
      assertEquals("cut", answer.get(10, TimeUnit.SECONDS));
    }
    try (Client client = new Client()) {
      assertEquals("b", client.ask("b"));
    }
  }

  @Test
  void whileItIsSlow_answersComeLater() throws Exception {
    proxy.slow(Duration.ofMillis(20));
    try (Client client = new Client()) {
      long began = System.nanoTime();
      assertEquals("a", client.ask("a"));
      assertTrue(System.nanoTime() - began >= 20_000_000);
      assertEquals(1, proxy.slowedCount());
      proxy.slow(Duration.ZERO);
      assertEquals("b", client.ask("b"));
      assertEquals(1, proxy.slowedCount());
    }
  }

  private String next() throws InterruptedException {
    return String.valueOf(arrived.poll(10, TimeUnit.SECONDS));
  }

  private void serve() {
    while (!server.isClosed()) {
      try {
        Socket client = server.accept();
        Thread echoing = new Thread(() -> echo(client), "echo-one");
        echoing.setDaemon(true);
        echoing.start();
      } catch (IOException e) {
        return; // The test is over.
      }
    }
  }

  private void echo(Socket client) {
    try (client;
        BufferedReader in = reader(client)) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        arrived.add(line);
        client.getOutputStream().write((line + "\n").getBytes(StandardCharsets.US_ASCII));
      }
    } catch (IOException e) {
      // Cut.
    }
  }

  private static BufferedReader reader(Socket socket) throws IOException {
    return new BufferedReader(
        new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
  }

  private final class Client implements AutoCloseable {

    private final Socket socket = new Socket("127.0.0.1", proxy.port());
    private final BufferedReader in = reader(socket);

    private Client() throws IOException {}

    /** The answer to a line, or {@code cut}. */
    String ask(String line) {
      try {
        socket.getOutputStream().write((line + "\n").getBytes(StandardCharsets.US_ASCII));
        String answer = in.readLine();
        return answer == null ? "cut" : answer;
      } catch (IOException e) {
        return "cut";
      }
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }
}
