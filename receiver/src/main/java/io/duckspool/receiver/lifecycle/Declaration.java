package io.duckspool.receiver.lifecycle;

import io.duckspool.common.admin.ControlToken;
import io.duckspool.common.admin.ListenUri;
import io.duckspool.common.config.Secret;
import io.duckspool.common.config.ServerConfig;
import java.util.Optional;

/** Pure decisions on what the configuration declares and what is remembered. */
final class Declaration {

  private Declaration() {}

  /** The parameters of a new server: canonical URI, and a token where one is needed. */
  static ServerConfig concluded(ServerConfig declared) {
    Optional<Secret> token =
        declared.disableAuth()
            ? Optional.empty()
            : declared.token().or(() -> Optional.of(new Secret(ControlToken.random().reveal())));
    return declared.withUri(ListenUri.parse(declared.uri()).toString()).withToken(token);
  }

  /**
   * The parameters of a remembered server: limits and token follow the declaration, a token that
   * was made is kept.
   *
   * @throws IllegalArgumentException for another target than the remembered one
   */
  static ServerConfig merged(ServerConfig remembered, ServerConfig declared) {
    if (!isSameTarget(remembered, declared)) {
      throw new IllegalArgumentException(
          ListenUri.parse(declared.uri())
              + " is declared with "
              + target(declared)
              + ", but holds data for "
              + target(remembered)
              + "; declare the old target, or `duckspool stop "
              + ListenUri.parse(declared.uri())
              + "` and serve it again");
    }
    Optional<Secret> token =
        declared.disableAuth() ? Optional.empty() : declared.token().or(remembered::token);
    return concluded(declared.withToken(token));
  }

  /** Whether both put their rows in one place. */
  static boolean isSameTarget(ServerConfig one, ServerConfig other) {
    return target(one).equals(target(other));
  }

  /** Whether both ask the same of the tables in one place. */
  static boolean isSameTables(ServerConfig one, ServerConfig other) {
    return isSameTarget(one, other)
        && one.createTables() == other.createTables()
        && one.promoteResourceAttributes().equals(other.promoteResourceAttributes())
        && one.promoteScopeAttributes().equals(other.promoteScopeAttributes());
  }

  /** Where the rows go, for messages. */
  static String target(ServerConfig config) {
    return config
        .parquetExportPath()
        .map(path -> "Parquet root " + path)
        .orElseGet(
            () ->
                "schema "
                    + config.schema()
                    + config.catalog().map(name -> " of catalog " + name).orElse("")
                    + (config.catalog().isEmpty() ? " of the default database" : ""));
  }
}
