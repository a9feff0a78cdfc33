package io.duckspool.receiver.http;

import java.lang.management.ManagementFactory;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Bounds the connections of all OTLP listeners of the process, so that sockets never take the file
 * descriptors that spools need. From seven eighths of the limit on, connections may be idle only
 * for a moment, which makes room for those that have something to say; beyond the limit a new one
 * is closed at once. Control ports aren't counted: an operator gets in.
 *
 * <p>Thread-safe.
 */
public final class ConnectionLimit implements Connection.Listener {

  private static final Logger LOG = LoggerFactory.getLogger(ConnectionLimit.class);

  /** How long a connection may be idle while they are many (a guess). */
  private static final long CROWDED_IDLE_MILLIS = 1_000;

  private final int maxConnections;
  private final long idleMillis;
  private final Set<Connection> open = ConcurrentHashMap.newKeySet();
  private boolean isCrowded;

  /**
   * Makes a limit.
   *
   * @param maxConnections above 0
   */
  public ConnectionLimit(int maxConnections) {
    if (maxConnections <= 0) {
      throw new IllegalArgumentException("maxConnections must be > 0, got " + maxConnections);
    }
    this.maxConnections = maxConnections;
    this.idleMillis = HttpListener.IDLE_TIMEOUT.toMillis();
  }

  /**
   * A limit that leaves a quarter of the process's file descriptors to everything else.
   *
   * @param wanted above 0
   */
  public static ConnectionLimit within(int wanted) {
    int max = wanted;
    if (ManagementFactory.getOperatingSystemMXBean()
        instanceof com.sun.management.UnixOperatingSystemMXBean system) {
      long allowed = Math.max(1, system.getMaxFileDescriptorCount() / 4 * 3);
      if (allowed < wanted) {
        max = (int) allowed;
        LOG.warn(
            "receiver.max_connections = {} is more than {} file descriptors allow: it is {} now",
            wanted,
            system.getMaxFileDescriptorCount(),
            max);
      }
    }
    return new ConnectionLimit(max);
  }

  /** How many may be open. */
  public int max() {
    return maxConnections;
  }

  /** Connections that are open now. */
  public int count() {
    return open.size();
  }

  @Override
  public void onOpened(Connection connection) {
    open.add(connection);
    if (open.size() > maxConnections) {
      // One that is closed while it is opened may never be told of again.
      open.remove(connection);
      connection.getEndPoint().close();
    } else if (isCrowded(open.size())) {
      connection.getEndPoint().setIdleTimeout(CROWDED_IDLE_MILLIS);
    }
    look();
  }

  @Override
  public void onClosed(Connection connection) {
    open.remove(connection);
    look();
  }

  private boolean isCrowded(int count) {
    return count >= maxConnections - maxConnections / 8;
  }

  /** All get the other timeout only when they become many, or few again: half of the limit. */
  private synchronized void look() {
    int count = open.size();
    if (!isCrowded && isCrowded(count)) {
      isCrowded = true;
      LOG.warn(
          "{} connections are open, the limit is {} (receiver.max_connections): idle ones are"
              + " closed after {} ms",
          count,
          maxConnections,
          CROWDED_IDLE_MILLIS);
      setIdle(CROWDED_IDLE_MILLIS);
    } else if (isCrowded && count <= maxConnections / 2) {
      isCrowded = false;
      LOG.info("{} connections are open, as many as may be idle for long", count);
      setIdle(idleMillis);
    }
  }

  private void setIdle(long millis) {
    for (Connection connection : open) {
      EndPoint endPoint = connection.getEndPoint();
      endPoint.setIdleTimeout(millis);
    }
  }
}
