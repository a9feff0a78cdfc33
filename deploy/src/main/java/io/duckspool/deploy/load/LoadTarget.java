package io.duckspool.deploy.load;

import io.duckspool.common.config.Secret;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Where a load goes: the base URL of an OTLP/HTTP endpoint, to which {@code /v1/logs} and so on are
 * added. Immutable and thread-safe.
 *
 * @param url {@code http://host:port} or {@code https://…}, with a path before {@code /v1} if need
 *     be
 * @param token sent as a bearer token
 * @param timeout of a connection's making, and of each wait for bytes of a reply; 1 ms to 1 h
 */
public record LoadTarget(URI url, Optional<Secret> token, Duration timeout) {
  /** The longest wait for a reply. */
  public static final Duration MAX_TIMEOUT = Duration.ofHours(1);

  /** What is sent where a wrong token is asked for; no server has it. */
  private static final String WRONG_TOKEN = "duckspool-load-wrong-token";

  public LoadTarget {
    if (timeout.compareTo(Duration.ofMillis(1)) < 0 || timeout.compareTo(MAX_TIMEOUT) > 0) {
      throw new IllegalArgumentException(
          "timeout must be in [1 ms, 1 h], got " + timeout.toMillis() + " ms");
    }
  }

  /** Reads a base URL; {@link IllegalArgumentException} says what is wrong with it. */
  public static URI parseUrl(String text) {
    URI url;
    try {
      url = new URI(text.strip());
    } catch (URISyntaxException e) {
      throw notAUrl(text, e);
    }
    String scheme = url.getScheme() == null ? "" : url.getScheme().toLowerCase(Locale.ROOT);
    boolean isHttp = scheme.equals("http") || scheme.equals("https");
    if (!isHttp
        || url.getHost() == null
        || url.getUserInfo() != null
        || url.getQuery() != null
        || url.getFragment() != null
        || url.getPort() == 0
        || url.getPort() > 65_535) {
      throw notAUrl(text, null);
    }
    return url;
  }

  /** Opens a connection and closes it; sends nothing. */
  public void probe() throws IOException {
    connect().close();
  }

  /** Opens a connection of its own. */
  HttpConnection connect() throws IOException {
    boolean isTls = "https".equalsIgnoreCase(url.getScheme());
    int port = url.getPort() > 0 ? url.getPort() : isTls ? 443 : 80;
    String host = url.getHost();
    // A literal IPv6 address stands in brackets in a URL.
    String bare = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    return HttpConnection.open(bare, port, isTls, timeout);
  }

  /** The head of each request of this kind: its body's length never changes. */
  byte[] head(StampedRequest request, int byteCount, boolean hasWrongToken) {
    Map<String, String> headers = new TreeMap<>();
    headers.put("Content-Type", request.contentType());
    headers.put("User-Agent", "duckspool-load");
    if (request.shape().isGzipped()) {
      headers.put("Content-Encoding", "gzip");
    }
    if (hasWrongToken) {
      headers.put("Authorization", "Bearer " + WRONG_TOKEN);
    } else {
      token.ifPresent(secret -> headers.put("Authorization", "Bearer " + secret.reveal()));
    }
    String base = url.getRawPath() == null ? "" : url.getRawPath().replaceAll("/+$", "");
    return HttpConnection.head(
        "POST", base + request.path(), url.getRawAuthority(), headers, byteCount);
  }

  private static IllegalArgumentException notAUrl(String text, @Nullable Exception cause) {
    return new IllegalArgumentException(
        "a URL such as http://localhost:4318 or https://host/prefix, without user, query or"
            + " fragment, got \""
            + text
            + "\"",
        cause);
  }
}
