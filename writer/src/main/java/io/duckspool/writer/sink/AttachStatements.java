package io.duckspool.writer.sink;

import io.duckspool.common.config.CatalogConfig;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** ATTACH of the declared catalogs. Options of the configuration win over what we would say. */
final class AttachStatements {

  /**
   * What a connection to a lake's metadata gives up after: a server that does not answer, and one
   * that went away without a word. A COMMIT waits for another that is under way; the server ends it
   * when that takes too long, and drops a transaction whose client is gone. The times are guesses.
   */
  private static final String POSTGRES_LIMITS =
      "connect_timeout=10 keepalives_idle=30 keepalives_interval=10 keepalives_count=3"
          + " tcp_user_timeout=30000 options='-c lock_timeout=30000"
          + " -c idle_in_transaction_session_timeout=600000'";

  private static final String CREATE = "CREATE_IF_NOT_EXISTS";

  /** By name in upper case, so that an option that is given twice stands once. */
  private final Map<String, String> options = new TreeMap<>();

  private AttachStatements() {}

  /**
   * The statement that attaches one catalog.
   *
   * @param readOnly for queries alone
   */
  static String attach(String name, CatalogConfig catalog, boolean readOnly) {
    return new AttachStatements().text(name, catalog, readOnly);
  }

  /** The statement that attaches a lake, and fails where there is none yet. */
  static String attachPresent(String name, CatalogConfig.DuckLake lake) {
    AttachStatements statement = new AttachStatements();
    statement.literal(CREATE, "false");
    return statement.text(name, lake, false);
  }

  private String text(String name, CatalogConfig catalog, boolean readOnly) {
    if (readOnly && !(catalog instanceof CatalogConfig.Iceberg)) {
      flag("READ_ONLY");
    }
    String path = path(catalog, readOnly);
    catalog.options().forEach((option, value) -> literal(option.toUpperCase(Locale.ROOT), value));
    return "ATTACH " + Identifiers.literal(path) + " AS " + Identifiers.quote(name) + text();
  }

  private String path(CatalogConfig catalog, boolean readOnly) {
    if (catalog instanceof CatalogConfig.DuckLake lake) {
      text("DATA_PATH", lake.dataPath());
      if (lake.isOnPostgres()) {
        text("META_SECRET", lake.secret());
        return "ducklake:" + lake.metadata() + POSTGRES_LIMITS;
      }
      if (lake.isOnSqlite() && !readOnly) {
        // Else a COMMIT fails while somebody reads, and keeps the file locked for good (measured).
        literal("META_JOURNAL_MODE", "WAL");
      }
      return "ducklake:" + lake.metadata();
    }
    if (catalog instanceof CatalogConfig.Iceberg iceberg) {
      flag("TYPE iceberg");
      literal("ENDPOINT", iceberg.endpoint());
      literal("AUTHORIZATION_TYPE", authorization(iceberg.authorization()));
      literal("ACCESS_DELEGATION_MODE", iceberg.accessDelegation().name().toLowerCase(Locale.ROOT));
      text("SECRET", iceberg.secret());
      return iceberg.warehouse().orElse("");
    }
    return ((CatalogConfig.DuckDb) catalog).path().toString();
  }

  /** DuckDB has no word of its own for a fixed token: it is an OAuth2 secret that has one. */
  private static String authorization(CatalogConfig.Authorization authorization) {
    return switch (authorization) {
      case NONE -> "none";
      case OAUTH2, BEARER -> "oauth2";
      case SIGV4 -> "sigv4";
    };
  }

  private void text(String option, Optional<String> value) {
    value.ifPresent(text -> literal(option, text));
  }

  private void literal(String option, String value) {
    options.put(option, Identifiers.quote(option) + " " + Identifiers.literal(value));
  }

  private void flag(String option) {
    options.put(option, option);
  }

  private String text() {
    return options.isEmpty() ? "" : " (" + String.join(", ", options.values()) + ")";
  }
}
