package io.duckspool.receiver.http;

import io.duckspool.common.admin.ControlToken;
import io.duckspool.receiver.ingest.ExportError;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Collections;
import java.util.Optional;

/**
 * Checks the token of a request: {@code Authorization: Bearer} or {@code x-api-key}; either one
 * valid is enough. Tokens are compared as SHA-256 digests, in constant time. Immutable and
 * thread-safe.
 */
final class Authentication {

  private static final String BEARER = "Bearer ";

  private final Optional<ControlToken> token;

  /**
   * Checks against a token.
   *
   * @param token empty when authentication is off
   */
  Authentication(Optional<ControlToken> token) {
    this.token = token;
  }

  void check(HttpServletRequest request) throws ExportError {
    if (token.isEmpty() || hasToken(request, token.get())) {
      return;
    }
    boolean isMissing =
        request.getHeader("Authorization") == null && request.getHeader("x-api-key") == null;
    throw ExportError.of(
        ExportError.Kind.UNAUTHORIZED,
        isMissing
            ? "no token; send Authorization: Bearer <token> or x-api-key: <token>"
            : "the token is wrong; send Authorization: Bearer <token> or x-api-key: <token>");
  }

  private static boolean hasToken(HttpServletRequest request, ControlToken token) {
    boolean isValid = false;
    for (String value : Collections.list(request.getHeaders("Authorization"))) {
      if (value.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
        isValid |= token.matches(value.substring(BEARER.length()).strip());
      }
    }
    for (String value : Collections.list(request.getHeaders("x-api-key"))) {
      isValid |= token.matches(value.strip());
    }
    return isValid;
  }
}
