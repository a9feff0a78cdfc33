package io.duckspool.writer.sink;

import io.duckspool.common.config.CatalogConfig;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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
  private static final String REMOVE_FILES = "REMOVE_FILES_ON_DELETE";
  private static final String READ_ONLY = "READ_ONLY";
  private static final String STALENESS = "MAX_TABLE_STALENESS";
  private static final String ENDPOINT_TYPE = "ENDPOINT_TYPE";

  /** What DuckDB makes of the words for these services, region aside. */
  private static final Pattern AWS_ENDPOINT =
      Pattern.compile("(?:https://)?(s3tables|glue)\\.[a-z0-9-]+\\.amazonaws\\.com/iceberg/?");

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
      flag(READ_ONLY);
    }
    String path = path(catalog, readOnly);
    catalog.options().forEach((option, value) -> literal(option.toUpperCase(Locale.ROOT), value));
    return "ATTACH " + Identifiers.literal(path) + " AS " + Identifiers.quote(name) + text();
  }

  /**
   * Checks the options of an Iceberg catalog that rows are to be committed to.
   *
   * @throws SinkException.Refused one of them would lose or double rows, or allow none
   */
  static void requireFitForTarget(String name, CatalogConfig.Iceberg catalog)
      throws SinkException.Refused {
    for (Map.Entry<String, String> option : catalog.options().entrySet()) {
      String key = option.getKey().toUpperCase(Locale.ROOT);
      if (key.equals(REMOVE_FILES) && !option.getValue().equalsIgnoreCase("false")) {
        throw new SinkException.Refused(
            "catalog "
                + name
                + ": option remove_files_on_delete must be false for a target, got "
                + option.getValue()
                + ": DuckDB would remove the files of commits whose answer was lost");
      }
      if (key.equals(READ_ONLY) && !option.getValue().equalsIgnoreCase("false")) {
        throw new SinkException.Refused(
            "catalog " + name + " is attached read-only, a target must be writable");
      }
      if (key.equals(STALENESS)) {
        throw new SinkException.Refused(
            "catalog "
                + name
                + ": option max_table_staleness can't be given for a target: the ledger has to be"
                + " read as it is");
      }
    }
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
      // After a COMMIT that failed without an answer DuckDB would remove the files that it wrote,
      // while the catalog may have applied it: the table is broken then, and its rows are lost.
      literal(REMOVE_FILES, "false");
      Optional<String> service = awsService(iceberg);
      if (service.isPresent()) {
        // DuckDB then knows what that service doesn't offer; it takes no endpoint beside it.
        literal(ENDPOINT_TYPE, service.get());
      } else {
        literal("ENDPOINT", iceberg.endpoint());
        literal("AUTHORIZATION_TYPE", authorization(iceberg.authorization()));
      }
      literal("ACCESS_DELEGATION_MODE", iceberg.accessDelegation().name().toLowerCase(Locale.ROOT));
      text("SECRET", iceberg.secret());
      return iceberg.warehouse().orElse("");
    }
    return ((CatalogConfig.DuckDb) catalog).path().toString();
  }

  /** The word for Amazon S3 Tables or AWS Glue, where that is what the endpoint is. */
  private static Optional<String> awsService(CatalogConfig.Iceberg catalog) {
    if (catalog.options().keySet().stream().anyMatch(ENDPOINT_TYPE::equalsIgnoreCase)) {
      return Optional.of(""); // The option says it, and wins.
    }
    Matcher endpoint = AWS_ENDPOINT.matcher(catalog.endpoint());
    return catalog.authorization() == CatalogConfig.Authorization.SIGV4 && endpoint.matches()
        ? Optional.of(endpoint.group(1).equals("glue") ? "glue" : "s3_tables")
        : Optional.empty();
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
