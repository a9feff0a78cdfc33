package io.duckspool.common.admin;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a server listens, in canonical form: {@code otlp:host:port}, the host in lower case, an
 * IPv6 address by RFC 5952 in brackets. Two URIs are the same server when their canonical forms are
 * equal.
 *
 * @param host a name, an IPv4 address, or an IPv6 address without brackets
 * @param port 1 to 65535
 */
public record ListenUri(String host, int port) {

  /** The port of OTLP/HTTP (OpenTelemetry protocol specification, "OTLP/HTTP Default Port"). */
  public static final int DEFAULT_PORT = 4318;

  private static final String DEFAULT_HOST = "localhost";
  private static final String FORMS =
      "accepted forms: otlp:host:port, otlp://host:port, otlp:[v6]:port, otlp://[v6]:port";
  private static final Pattern FORM =
      Pattern.compile(
          "(?i:otlp):(?://)?(?:\\[([^\\[\\]]*)\\]|([^:\\[\\]/?#@]*))(?::([0-9]{1,9}))?");
  private static final Pattern HOST_NAME =
      Pattern.compile("[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_.])?");

  /** What the folder names of IPv6 addresses begin with. */
  private static final String V6_PREFIX = "v6_";

  /** Six groups of four digits and an IPv4 address, as in RFC 4291, section 2.2. */
  private static final int MAX_V6_CHARS = 45;

  private static final Pattern V6_LITERAL = Pattern.compile("[0-9a-f:]*:[0-9a-f:]*:[0-9a-f:.]*");

  public ListenUri {
    if (port < 1 || port > 65535) {
      throw new IllegalArgumentException("port must be in [1, 65535], got " + port);
    }
  }

  /**
   * Reads any accepted form, with surrounding blanks cut; no port means 4318, no host localhost.
   *
   * @throws IllegalArgumentException names the text and shows the accepted forms
   */
  public static ListenUri parse(String text) {
    String trimmed = text.strip();
    Matcher matcher = FORM.matcher(trimmed);
    if (!matcher.matches()) {
      throw refused(trimmed, "");
    }
    int port = matcher.group(3) == null ? DEFAULT_PORT : Integer.parseInt(matcher.group(3));
    if (port < 1 || port > 65535) {
      throw refused(trimmed, "port must be in [1, 65535], got " + port + "; ");
    }
    if (matcher.group(1) != null) {
      return new ListenUri(canonicalV6(trimmed, matcher.group(1).toLowerCase(Locale.ROOT)), port);
    }
    String host = matcher.group(2).toLowerCase(Locale.ROOT);
    if (host.isEmpty()) {
      return new ListenUri(DEFAULT_HOST, port);
    }
    if (!HOST_NAME.matcher(host).matches()) {
      throw refused(trimmed, "not a host name: " + host + "; ");
    }
    if (host.startsWith(V6_PREFIX)) {
      // Two servers would share a folder: v6_--1 and [::1].
      throw refused(trimmed, "a host name must not begin with " + V6_PREFIX + "; ");
    }
    return new ListenUri(host, port);
  }

  /** Whether the host is one of {@code localhost}, {@code 127.0.0.1}, {@code ::1}. */
  public boolean isLocal() {
    return host.equals(DEFAULT_HOST) || host.equals("127.0.0.1") || host.equals("::1");
  }

  /** The address clients use: {@code http://localhost:4318}. */
  public String listenUrl() {
    return "http://" + bracketed() + ":" + port;
  }

  /** A folder name that no other canonical URI has: {@code localhost_4318}, {@code v6_--1_4318}. */
  public String folderName() {
    return host.indexOf(':') < 0
        ? host + "_" + port
        : V6_PREFIX + host.replace(':', '-') + "_" + port;
  }

  /** The URI whose folder has a name; empty when no URI's folder has it. */
  public static Optional<ListenUri> ofFolderName(String name) {
    int end = name.lastIndexOf('_');
    if (end < 0) {
      return Optional.empty();
    }
    String host = name.substring(0, end);
    String bracketed =
        host.startsWith(V6_PREFIX)
            ? "[" + host.substring(V6_PREFIX.length()).replace('-', ':') + "]"
            : host;
    try {
      return Optional.of(parse("otlp:" + bracketed + ":" + name.substring(end + 1)))
          .filter(uri -> uri.folderName().equals(name));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** The canonical form. */
  @Override
  public String toString() {
    return "otlp:" + bracketed() + ":" + port;
  }

  private String bracketed() {
    return host.indexOf(':') < 0 ? host : "[" + host + "]";
  }

  private static String canonicalV6(String text, String literal) {
    // The pattern keeps names and zone ids away from the resolver: only a literal reaches it.
    // Of a long text the pattern would try every way to part it.
    if (literal.length() > MAX_V6_CHARS || !V6_LITERAL.matcher(literal).matches()) {
      throw refused(text, "not an IPv6 address: " + literal + "; ");
    }
    InetAddress address;
    try {
      address = InetAddress.getByName(literal);
    } catch (UnknownHostException e) {
      throw refused(text, "not an IPv6 address: " + literal + "; ");
    }
    return address instanceof Inet6Address
        ? compressed(address.getAddress())
        : "::ffff:" + address.getHostAddress();
  }

  /**
   * RFC 5952, section 4: lower case, no leading zeros, the longest run of two or more zero groups
   * as {@code ::}.
   */
  private static String compressed(byte[] address) {
    int[] groups = new int[8];
    Arrays.setAll(groups, i -> (address[2 * i] & 0xFF) << 8 | address[2 * i + 1] & 0xFF);
    int runStart = -1;
    int runLength = 1;
    for (int i = 0; i < 8; i++) {
      int end = i;
      while (end < 8 && groups[end] == 0) {
        end++;
      }
      if (end - i > runLength) {
        runStart = i;
        runLength = end - i;
      }
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 8; i++) {
      if (i == runStart) {
        text.append("::");
        i += runLength - 1;
      } else {
        if (i > 0 && text.charAt(text.length() - 1) != ':') {
          text.append(':');
        }
        text.append(Integer.toHexString(groups[i]));
      }
    }
    return text.toString();
  }

  private static IllegalArgumentException refused(String text, String why) {
    return new IllegalArgumentException("listen URI \"" + text + "\": " + why + FORMS);
  }
}
