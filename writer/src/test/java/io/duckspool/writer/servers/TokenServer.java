package io.duckspool.writer.servers;

import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A server of OAuth 2.0 on a loopback port that trades one login (grant type client_credentials)
 * for tokens; and what a catalog behind it takes. Thread-safe.
 */
public final class TokenServer implements AutoCloseable {

  private static final HttpProxy.Answer NOT_AUTHORIZED =
      new HttpProxy.Answer(
          401,
          "{\"error\":{\"message\":\"no token\",\"type\":\"NotAuthorizedException\",\"code\":401}}");

  private final AtomicInteger issued = new AtomicInteger();
  private final HttpProxy port;

  private TokenServer(HttpProxy port) {
    this.port = port;
  }

  /** Starts a server that knows one client. */
  public static TokenServer start(String clientId, String clientSecret) throws IOException {
    HttpProxy port = HttpProxy.to("http://127.0.0.1:1");
    TokenServer server = new TokenServer(port);
    port.follow((request, behind) -> server.answer(request, clientId, clientSecret));
    return server;
  }

  /** Where tokens are asked for. */
  public String uri() {
    return port.endpoint() + "/token";
  }

  /** How many were given out. */
  public int issuedCount() {
    return issued.get();
  }

  /** Passes on what carries a token that was given out; the rest gets 401. */
  public HttpProxy.Script guard() {
    return (request, catalog) -> isIssued(request) ? catalog.send(request) : NOT_AUTHORIZED;
  }

  private boolean isIssued(HttpProxy.Request request) {
    String given = request.headers().getOrDefault("authorization", "");
    return issued.get() > 0 && given.matches("Bearer token-[1-9][0-9]*");
  }

  private HttpProxy.Answer answer(HttpProxy.Request request, String clientId, String clientSecret) {
    Map<String, String> form = new TreeMap<>();
    for (String field : request.body().split("&", -1)) {
      int equals = field.indexOf('=');
      if (equals > 0) {
        form.put(
            field.substring(0, equals),
            URLDecoder.decode(field.substring(equals + 1), StandardCharsets.UTF_8));
      }
    }
    String basic =
        Base64.getEncoder()
            .encodeToString((clientId + ":" + clientSecret).getBytes(StandardCharsets.UTF_8));
    boolean isKnown =
        clientId.equals(form.get("client_id")) && clientSecret.equals(form.get("client_secret"))
            || ("Basic " + basic).equals(request.headers().get("authorization"));
    boolean isAsked =
        request.isPost("/token") && "client_credentials".equals(form.get("grant_type"));
    return isAsked && isKnown
        ? new HttpProxy.Answer(
            200,
            "{\"access_token\":\"token-%d\",\"token_type\":\"bearer\",\"expires_in\":3600}"
                .formatted(issued.incrementAndGet()))
        : new HttpProxy.Answer(401, "{\"error\":\"invalid_client\"}");
  }

  @Override
  public void close() {
    port.close();
  }
}
