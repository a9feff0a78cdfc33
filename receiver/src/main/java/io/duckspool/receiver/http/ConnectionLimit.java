package io.duckspool.receiver.http;

import java.lang.management.ManagementFactory;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.jetty.io.Connection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Bounds the connections of all OTLP listeners of the process, so that sockets never take the file
 * descriptors that spools need. From seven eighths of the limit on, until half of them are gone,
 * connections may be idle between requests only for a moment, which makes room for those that have
 * something to say ({@link HeadDeadlines} looks after that); beyond the limit a new one is closed
 * at once. Control ports aren't counted: an operator gets in.
 *
 * <p>Thread-safe.
 */
public final class ConnectionLimit implements Connection.Listener {

  private static final Logger LOG = LoggerFactory.getLogger(ConnectionLimit.class);

  /** How long a connection may be idle while they are many (a guess). */
  static final long CROWDED_IDLE_MILLIS = 1_000;

  private final int maxConnections;
  private final Set<Connection> open = ConcurrentHashMap.newKeySet();
  private volatile boolean isCrowded;

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
    }
    look();
  }

  @Override
  public void onClosed(Connection connection) {
    open.remove(connection);
    look();
  }

  /** Whether connections are so many that this one must not be idle. */
  boolean isCrowdedBy(Connection connection) {
    return isCrowded && open.contains(connection);
  }

  private synchronized void look() {
    int count = open.size();
    if (!isCrowded && count >= maxConnections - maxConnections / 8) {
      isCrowded = true;
      LOG.warn(
          "{} connections are open, the limit is {} (receiver.max_connections): idle ones are"
              + " closed after {} ms",
          count,
          maxConnections,
          CROWDED_IDLE_MILLIS);
    } else if (isCrowded && count <= maxConnections / 2) {
      isCrowded = false;
      LOG.info("{} connections are open, as many as may be idle for long", count);
    }
  }
}
