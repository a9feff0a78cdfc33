package io.duckspool.deploy.e2e;

import io.duckspool.deploy.harness.Rig;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Many connections that do one hostile thing, from one thread, without ever waiting for a reply.
 * Closed by whoever opened them, at the latest.
 */
final class Attackers implements AutoCloseable {
  private final List<SocketChannel> channels = new ArrayList<>();
  private final Set<SocketChannel> refused = ConcurrentHashMap.newKeySet();
  private final CountDownLatch stop = new CountDownLatch(1);
  private final byte[] again;
  private final long pauseMillis;
  private Thread thread;

  private Attackers(byte[] again, Duration pause) {
    this.again = again;
    this.pauseMillis = pause.toMillis();
  }

  /**
   * Connects.
   *
   * @param first what each connection sends at once
   * @param again what each sends then, as far as it is taken, and from time to time; may be empty
   * @param pause between two times
   */
  static Attackers start(int count, int port, String first, String again, Duration pause)
      throws IOException {
    Attackers attackers = new Attackers(bytes(again), pause);
    boolean isComplete = false;
    try {
      for (int i = 0; i < count; i++) {
        attackers.connect(port, i, bytes(first));
      }
      isComplete = true;
    } finally {
      if (!isComplete) {
        attackers.close();
      }
    }
    attackers.thread = new Thread(attackers::goOn, "attackers");
    attackers.thread.setDaemon(true);
    attackers.thread.start();
    return attackers;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private void connect(int port, int number, byte[] first) throws IOException {
    SocketChannel channel = SocketChannel.open();
    channels.add(channel);
    channel.setOption(StandardSocketOptions.SO_RCVBUF, 4096);
    // An address has some 28,000 ports for connections to one other.
    channel.bind(new InetSocketAddress("127.0.0." + (2 + number / 10_000), 0));
    channel.connect(new InetSocketAddress(Rig.HOST, port));
    channel.configureBlocking(false);
    trySend(channel, first);
  }

  private void goOn() {
    try {
      while (again.length > 0 && !stop.await(pauseMillis, TimeUnit.MILLISECONDS)) {
        for (SocketChannel channel : channels) {
          trySend(channel, again);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void trySend(SocketChannel channel, byte[] bytes) {
    try {
      channel.write(ByteBuffer.wrap(bytes));
    } catch (IOException e) {
      refused.add(channel);
    }
  }

  int count() {
    return channels.size();
  }

  /** Connections that take nothing more, for the other side has ended them. Reads nothing. */
  int refused() {
    return refused.size();
  }

  /** Connections that the other side has ended; what it said before is dropped. */
  int cutOff() {
    ByteBuffer scrap = ByteBuffer.allocate(64 << 10);
    int ended = 0;
    for (SocketChannel channel : channels) {
      try {
        int count = 1;
        while (count > 0) {
          count = channel.read(scrap.clear());
        }
        ended += count < 0 ? 1 : 0;
      } catch (IOException e) {
        ended++;
      }
    }
    return ended;
  }

  @Override
  public void close() throws IOException {
    stop.countDown();
    for (SocketChannel channel : channels) {
      channel.close();
    }
  }
}
