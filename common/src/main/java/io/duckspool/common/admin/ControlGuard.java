package io.duckspool.common.admin;

import io.duckspool.common.config.HostPort;
import java.util.HashSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Who may call a control port: the same rules on both. They are pure functions of the request's
 * head, so that nothing of a body is read before. Immutable and thread-safe.
 *
 * <ol>
 *   <li>{@code Host} names this machine as one calls it from here (localhost, an IP address of
 *       loopback, the configured host); a name that an attacker's DNS points at 127.0.0.1 does not.
 *       With {@code control.allow_other_hostname} any host may be called.
 *   <li>{@code Origin}, which only browsers send, is the called host itself.
 *   <li>{@code Authorization: Bearer <control token>}, but for health and readiness.
 *   <li>A body is {@code application/json}: a form of a foreign page can't send that unasked.
 * </ol>
 */
public final class ControlGuard {

  private static final String BEARER = "bearer ";
  private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");
  private static final Pattern PORT = Pattern.compile(":[0-9]{1,5}$");

  private final ControlToken token;
  private final Set<String> hosts;
  private final boolean isAnyHost;

  /**
   * Rules of one control port.
   *
   * @param address where the port is bound
   * @param allowOtherHostname whether it may be called by any name
   */
  public ControlGuard(ControlToken token, HostPort address, boolean allowOtherHostname) {
    this.token = token;
    Set<String> names = new HashSet<>(LOOPBACK);
    names.add(hostOf(address.toString()));
    this.hosts = Set.copyOf(names);
    this.isAnyHost = allowOtherHostname;
  }

  /** Why a request is refused: an HTTP status and a body. */
  public record Refusal(int status, AdminApi.Failure failure) {

    private static Refusal of(int status, String code, String message) {
      return new Refusal(status, new AdminApi.Failure(code, message));
    }
  }

  /**
   * Checks host and origin: every request, health and readiness too.
   *
   * @param host the {@code Host} header
   * @param origin the {@code Origin} header
   */
  public Optional<Refusal> checkHost(@Nullable String host, @Nullable String origin) {
    if (host == null || host.isBlank()) {
      return Optional.of(Refusal.of(400, "bad_request", "no Host header"));
    }
    if (!isAnyHost && !hosts.contains(hostOf(host))) {
      return Optional.of(
          Refusal.of(
              403,
              "forbidden",
              "Host "
                  + host
                  + " is not how this port is called; call it as localhost, or set"
                  + " control.allow_other_hostname: true"));
    }
    String called = host.strip().toLowerCase(Locale.ROOT);
    if (origin != null
        && !origin.strip().toLowerCase(Locale.ROOT).equals("http://" + called)
        && !origin.strip().toLowerCase(Locale.ROOT).equals("https://" + called)) {
      return Optional.of(
          Refusal.of(403, "forbidden", "pages of " + origin + " may not call this port"));
    }
    return Optional.empty();
  }

  /**
   * Checks the control token, in constant time.
   *
   * @param authorization the {@code Authorization} header
   */
  public Optional<Refusal> checkToken(@Nullable String authorization) {
    String header = authorization == null ? "" : authorization.strip();
    boolean isBearer = header.regionMatches(true, 0, BEARER, 0, BEARER.length());
    return isBearer && token.matches(header.substring(BEARER.length()).strip())
        ? Optional.empty()
        : Optional.of(Refusal.of(401, "unauthorized", "the control token is missing or wrong"));
  }

  /**
   * Checks the type of a body.
   *
   * @param contentType the {@code Content-Type} header
   */
  public static Optional<Refusal> checkBodyType(@Nullable String contentType) {
    String type =
        contentType == null ? "" : contentType.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    return type.equals("application/json")
        ? Optional.empty()
        : Optional.of(
            Refusal.of(
                415,
                "unsupported_media_type",
                "the body must be application/json, got "
                    + (contentType == null ? "no Content-Type" : contentType)));
  }

  private static String hostOf(String hostAndPort) {
    return PORT.matcher(hostAndPort.strip().toLowerCase(Locale.ROOT)).replaceFirst("");
  }
}
