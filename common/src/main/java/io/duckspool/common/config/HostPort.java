package io.duckspool.common.config;

import java.util.Locale;
import java.util.Set;

/**
 * Where a control port listens: {@code host:port}, an IPv6 address in brackets.
 *
 * @param host without brackets, in lower case
 * @param port 1 to 65535
 */
public record HostPort(String host, int port) {
  private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "::1");

  /** Checks the bounds. */
  public HostPort {
    if (host.isEmpty()) {
      throw new IllegalArgumentException("host must not be empty");
    }
    if (port < 1 || port > 65_535) {
      throw new IllegalArgumentException("port must be 1 to 65535, got " + port);
    }
    host = host.toLowerCase(Locale.ROOT);
  }

  /**
   * Reads {@code 127.0.0.1:4319}, {@code localhost:4319} or {@code [::1]:4319}.
   *
   * @throws IllegalArgumentException with the accepted form when the text is something else
   */
  public static HostPort parse(String text) {
    String trimmed = text.strip();
    int colon = trimmed.lastIndexOf(':');
    if (colon > 0) {
      String host = trimmed.substring(0, colon);
      String port = trimmed.substring(colon + 1);
      boolean bracketed = host.startsWith("[") && host.endsWith("]");
      if (port.matches("[0-9]{1,5}") && (bracketed || host.indexOf(':') < 0)) {
        return new HostPort(
            bracketed ? host.substring(1, host.length() - 1) : host, Integer.parseInt(port));
      }
    }
    throw new IllegalArgumentException("host:port such as 127.0.0.1:4319, got \"" + text + "\"");
  }

  /** True for {@code localhost}, {@code 127.0.0.1} and {@code ::1}. */
  public boolean isLoopback() {
    return LOOPBACK.contains(host);
  }

  /** {@code host:port}, IPv6 in brackets. */
  @Override
  public String toString() {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }
}
