package io.duckspool.receiver.lifecycle;

import io.duckspool.common.config.ServerConfig;
import io.duckspool.common.server.ServerFile;
import io.duckspool.common.server.ServerState;
import java.security.SecureRandom;
import java.util.HexFormat;

/** What a server begins with. */
final class NewServer {

  private static final int SPOOL_ID_BYTES = 16;

  private NewServer() {}

  /**
   * Its file, in state preparing, with a spool id that no other server has.
   *
   * @param config concluded: canonical URI, and the token
   */
  static ServerFile file(Environment environment, ServerConfig config, boolean isDeclared) {
    byte[] id = new byte[SPOOL_ID_BYTES];
    new SecureRandom().nextBytes(id);
    return new ServerFile(
        ServerState.PREPARING,
        HexFormat.of().formatHex(id),
        0,
        environment.runId(),
        environment.clock().instant(),
        isDeclared,
        config);
  }
}
