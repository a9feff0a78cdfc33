package io.duckspool.writer.servers;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * A proxy on a loopback port in front of a real server, which fails as networks do. A fault is
 * armed with a text, and strikes once: at the first piece that a client sends with that text in it.
 * Thread-safe.
 */
public final class TcpProxy implements AutoCloseable {

  private static final int BUFFER_BYTES = 1 << 16;
  private static final long LIMIT_SECONDS = 60;

  private final InetSocketAddress server;
  private final ServerSocket listener;
  private final List<Link> links = new CopyOnWriteArrayList<>();
  private final AtomicReference<Fault> armed = new AtomicReference<>();
  private final AtomicInteger brokenCount = new AtomicInteger();
  private final AtomicInteger mutedCount = new AtomicInteger();
  private final AtomicInteger slowedCount = new AtomicInteger();
  private volatile boolean isDown;
  private volatile boolean isMute;
  private volatile long delayNanos;

  private TcpProxy(InetSocketAddress server, ServerSocket listener) {
    this.server = server;
    this.listener = listener;
  }

  /** Opens a port in front of a server. */
  public static TcpProxy to(String host, int port) throws IOException {
    TcpProxy proxy =
        new TcpProxy(
            new InetSocketAddress(host, port),
            new ServerSocket(0, 50, InetAddress.getLoopbackAddress()));
    daemon("accept", proxy::accept);
    return proxy;
  }

  public int port() {
    return listener.getLocalPort();
  }

  /** What happens to the piece that a fault is armed with. */
  private enum Kind {
    /** The server gets it and answers; the client's connection is cut instead of the answer. */
    CUT_REPLY,
    /** The client's connection is cut; the server gets it when the fault is released. */
    HOLD
  }

  /** One fault, which strikes once. */
  public final class Fault {

    private final Kind kind;
    private final byte[] text;
    private final CountDownLatch struck = new CountDownLatch(1);
    private final CountDownLatch released = new CountDownLatch(1);
    private final CountDownLatch answered = new CountDownLatch(1);

    private Fault(Kind kind, String text) {
      this.kind = kind;
      this.text = text.getBytes(StandardCharsets.UTF_8);
    }

    /** Whether it has struck. */
    public boolean hasStruck() {
      return struck.getCount() == 0;
    }

    /** Lets what is held go on to the server; returns once that has answered, or hung up. */
    public void release() throws InterruptedException {
      released.countDown();
      if (!answered.await(LIMIT_SECONDS, TimeUnit.SECONDS)) {
        throw new AssertionError("the server does not answer what was held");
      }
    }
  }

  /** The next request with this text is answered by the server, and the answer never arrives. */
  public Fault cutReplyTo(String text) {
    return arm(new Fault(Kind.CUT_REPLY, text));
  }

  /** At the next request with this text the client is cut off, and the server gets it later. */
  public Fault hold(String text) {
    return arm(new Fault(Kind.HOLD, text));
  }

  /** Cuts all connections, and takes no others until it is up again. */
  public void down() {
    isDown = true;
    cut();
  }

  public void up() {
    isDown = false;
  }

  /** Lets no answer through any more on the connections that are open now; they stay open. */
  public void mute() {
    links.forEach(link -> link.isMuted = true);
  }

  /** Lets no answer through any more, on connections to come, too, until they are cut. */
  public void muteAll() {
    isMute = true;
  }

  /** Lets each piece of an answer through so much later; zero: at once again. */
  public void slow(Duration delay) {
    delayNanos = delay.toNanos();
  }

  /** Cuts all connections; those to come get answers. */
  public void cut() {
    isMute = false;
    links.forEach(
        link -> {
          brokenCount.incrementAndGet();
          link.close();
        });
  }

  /** Connections that were cut or refused since the start. */
  public int brokenCount() {
    return brokenCount.get();
  }

  /** Pieces of answers that were not let through since the start. */
  public int mutedCount() {
    return mutedCount.get();
  }

  /** Pieces of answers that came later since the start. */
  public int slowedCount() {
    return slowedCount.get();
  }

  @Override
  public void close() throws IOException {
    listener.close();
    cut();
  }

  private Fault arm(Fault fault) {
    armed.set(fault);
    return fault;
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        join(listener.accept());
      } catch (IOException e) {
        continue; // The proxy is closed, or out of sockets.
      }
    }
  }

  /** Joins a client to the server, or lets it see its connection end. */
  private void join(Socket client) {
    try {
      if (isDown) {
        brokenCount.incrementAndGet();
        throw new IOException("down");
      }
      Link link = new Link(client, new Socket(server.getAddress(), server.getPort()));
      links.add(link);
      daemon("requests", link::pumpRequests);
      daemon("replies", link::pumpReplies);
    } catch (IOException e) {
      closeQuietly(client);
    }
  }

  private static void daemon(String name, Runnable work) {
    Thread thread = new Thread(work, "proxy-" + name);
    thread.setDaemon(true);
    thread.start();
  }

  /** A client's connection and the one to the server. */
  private final class Link {

    private final Socket client;
    private final Socket upstream;
    private volatile Fault struck;
    private volatile boolean isMuted;

    Link(Socket client, Socket upstream) {
      this.client = client;
      this.upstream = upstream;
    }

    void pumpRequests() {
      byte[] buffer = new byte[BUFFER_BYTES];
      try {
        InputStream in = client.getInputStream();
        OutputStream out = upstream.getOutputStream();
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
          Fault fault = armed.get();
          if (fault != null
              && contains(buffer, read, fault.text)
              && armed.compareAndSet(fault, null)) {
            strike(fault);
            out.write(buffer, 0, read);
            return; // The answer ends this link.
          }
          out.write(buffer, 0, read);
        }
        close();
      } catch (IOException e) {
        close(); // One side is gone.
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        close();
      }
    }

    private void strike(Fault fault) throws InterruptedException {
      struck = fault;
      if (fault.kind == Kind.HOLD) {
        fault.struck.countDown();
        closeQuietly(client);
        fault.released.await();
      }
    }

    void pumpReplies() {
      byte[] buffer = new byte[BUFFER_BYTES];
      try (InputStream in = upstream.getInputStream()) {
        for (int read = in.read(buffer); read >= 0 && struck == null; read = in.read(buffer)) {
          if (isMuted || isMute) {
            mutedCount.incrementAndGet();
            continue;
          }
          if (delayNanos > 0) {
            slowedCount.incrementAndGet();
            LockSupport.parkNanos(delayNanos);
          }
          client.getOutputStream().write(buffer, 0, read);
        }
      } catch (IOException e) {
        // One side is gone.
      } finally {
        if (struck != null) {
          struck.struck.countDown();
          struck.answered.countDown();
        }
        close();
      }
    }

    void close() {
      closeQuietly(client);
      closeQuietly(upstream);
      links.remove(this);
    }
  }

  private static boolean contains(byte[] buffer, int length, byte[] text) {
    for (int at = 0; at + text.length <= length; at++) {
      if (java.util.Arrays.equals(buffer, at, at + text.length, text, 0, text.length)) {
        return true;
      }
    }
    return false;
  }

  private static void closeQuietly(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // It is gone either way.
    }
  }
}
