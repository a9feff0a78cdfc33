package io.duckspool.deploy.harness;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Keeps some connections busy with stamped requests and notes each reply. It never sends a request
 * twice: after a broken connection it goes on with the next number. A refused connection draws no
 * number.
 */
public final class LoadClient implements AutoCloseable {
  private static final Duration SOCKET_TIMEOUT = Duration.ofSeconds(90);
  private static final long RETRY_MILLIS = 20;

  private final Load load;
  private final AckLog log;
  private final CountDownLatch stop = new CountDownLatch(1);
  private final List<Thread> threads = new ArrayList<>();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

  /**
   * What to send.
   *
   * @param mix the requests taken in turn by number, all with the same record count
   * @param maxRequests where to end by itself
   * @param pauseMillis between two requests of a connection, 0 for none
   */
  public record Load(
      int port,
      String token,
      int connections,
      List<StampedRequest> mix,
      int maxRequests,
      long pauseMillis) {
    public Load {
      if (mix.stream().mapToInt(StampedRequest::recordCount).distinct().count() != 1) {
        throw new IllegalArgumentException("requests of one load must have one record count");
      }
    }
  }

  private LoadClient(Load load, AckLog log) {
    this.load = load;
    this.log = log;
  }

  /** Starts sending; the log may already hold the requests of an earlier run. */
  public static LoadClient start(Load load, AckLog log) {
    LoadClient client = new LoadClient(load, log);
    for (int i = 0; i < load.connections(); i++) {
      Thread thread = new Thread(client::run, "load-" + i);
      thread.setDaemon(true);
      client.threads.add(thread);
      thread.start();
    }
    return client;
  }

  /** Waits until so many more requests than now are acked. */
  public void awaitMoreAcks(int count, Duration limit) {
    int goal = log.ackedCount() + count;
    Await.until(
        count + " more acks",
        limit,
        () -> {
          rethrow();
          return log.ackedCount() >= goal;
        },
        () -> log.ackedCount() + " acked, " + log.rejectedCount() + " rejected");
  }

  /** Waits until the load has ended by itself. */
  public void awaitEnd(Duration limit) {
    Await.until(
        "the load is sent",
        limit,
        () -> {
          rethrow();
          return threads.stream().noneMatch(Thread::isAlive);
        },
        () -> log.sentCount() + " sent, " + log.ackedCount() + " acked");
    rethrow();
  }

  /** Whether a connection is still at work. */
  public boolean isRunning() {
    return threads.stream().anyMatch(Thread::isAlive);
  }

  /** Lets the requests in flight end, and stops. */
  @Override
  public void close() {
    stop.countDown();
    awaitEnd(SOCKET_TIMEOUT.plusSeconds(30));
  }

  private void run() {
    try {
      RawConnection connection = null;
      while (stop.getCount() > 0 && log.sentCount() < load.maxRequests()) {
        if (connection == null) {
          connection = connect();
          continue;
        }
        boolean isRejected = exchange(connection);
        if (!connection.isOpen()) {
          connection.close();
          connection = null;
        }
        long pause = isRejected ? Math.max(RETRY_MILLIS, load.pauseMillis()) : load.pauseMillis();
        if (pause > 0 && stop.await(pause, TimeUnit.MILLISECONDS)) {
          break;
        }
      }
      if (connection != null) {
        connection.close();
      }
    } catch (Throwable e) {
      failure.compareAndSet(null, e);
    }
  }

  private @Nullable RawConnection connect() throws InterruptedException {
    try {
      return RawConnection.open(load.port(), SOCKET_TIMEOUT);
    } catch (IOException e) {
      // Nobody listens: the receiver is being restarted, and nothing has been sent.
      stop.await(RETRY_MILLIS, TimeUnit.MILLISECONDS);
      return null;
    }
  }

  private boolean exchange(RawConnection connection) {
    int number = log.send();
    StampedRequest request = load.mix().get(number % load.mix().size());
    byte[] body = request.encode(number);
    byte[] head =
        RawConnection.head(
            "POST",
            request.path(),
            Map.of(
                "Content-Type",
                "application/x-protobuf",
                "Authorization",
                "Bearer " + load.token()),
            body.length);
    try {
      RawConnection.Reply reply = connection.exchange(head, body);
      log.replied(number, reply);
      return reply.status() != 202;
    } catch (IOException e) {
      // The receiver went away: the request stays "sent", and nobody knows more.
      return false;
    }
  }

  private void rethrow() {
    Throwable thrown = failure.get();
    if (thrown != null) {
      throw new AssertionError("the load client failed", thrown);
    }
  }
}
