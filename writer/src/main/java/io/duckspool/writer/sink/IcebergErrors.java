package io.duckspool.writer.sink;

import java.sql.SQLException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Sorts what DuckDB reports of an Iceberg REST catalog: the HTTP status is a part of the message,
 * in several forms. Pure.
 */
final class IcebergErrors {

  private static final Pattern TABLE_MISSING =
      Pattern.compile("^Catalog Error: Table with name .+ does not exist");

  /** What DuckDB says without asking the catalog. */
  private static final Pattern SCHEMA_FORGOTTEN =
      Pattern.compile(
          "because schema \".*\" does not exist|^Catalog Error: Schema with name \".*\" not found"
              + "|Schema with name \".*\" does not exist");

  private static final Pattern SCHEMA_MISSING =
      Pattern.compile("GetNamespace endpoint returned response code NotFound_404");

  private static final Pattern NOT_OFFERED =
      Pattern.compile("^Not implemented Error: This Iceberg REST catalog server does not support");

  /**
   * {@code (HTTP 401)}, {@code HTTP 503 for}, {@code (Conflict_409)}, {@code code Forbidden_403}.
   */
  private static final Pattern STATUS =
      Pattern.compile("\\bHTTP (\\d{3})\\b|\\b[A-Z][A-Za-z]+_(\\d{3})\\b");

  private static final Pattern NO_TOKEN =
      Pattern.compile("OAuth2 token request failed|Could not get token from");

  private IcebergErrors() {}

  /** True when the catalog said that there is no such table, or would have for its schema. */
  static boolean isTableMissing(SQLException e) {
    return TABLE_MISSING.matcher(DuckDbErrors.message(e)).find() && !isSchemaForgotten(e);
  }

  /**
   * True when DuckDB takes a schema for missing without having asked the catalog: only another
   * ATTACH makes it ask again.
   */
  static boolean isSchemaForgotten(SQLException e) {
    return SCHEMA_FORGOTTEN.matcher(DuckDbErrors.message(e)).find();
  }

  /** True when the catalog says that there is no such schema. */
  static boolean isSchemaMissing(SQLException e) {
    return SCHEMA_MISSING.matcher(DuckDbErrors.message(e)).find();
  }

  /** True when the catalog has no such operation. */
  static boolean isNotOffered(SQLException e) {
    return NOT_OFFERED.matcher(DuckDbErrors.message(e)).find();
  }

  /** True when the catalog understood a request, and won't ever do it. */
  static boolean isRefusedRequest(SQLException e) {
    return DuckDbErrors.message(e).startsWith("Not implemented Error: ")
        || switch (status(DuckDbErrors.message(e))) {
          case 400, 405, 406, 422, 501 -> true;
          default -> false;
        };
  }

  /** A statement outside a seal failed. */
  static SinkException ofStatement(String target, SQLException e) {
    String text = explain(target, DuckDbErrors.message(e));
    return isRefusedRequest(e)
        ? new SinkException.Refused(text, e)
        : new SinkException.Unavailable(text, e);
  }

  /** A statement of a seal failed that inserts none of its rows: no entry is to blame. */
  static SinkException ofSeal(String target, SQLException e) {
    return new SinkException.Unavailable(explain(target, DuckDbErrors.message(e)), e);
  }

  /**
   * COMMIT failed. DuckDB repeats a request that was cut off, and reports the last answer: even one
   * that says that another was faster may speak of this very commit, applied at the first attempt.
   */
  static SinkException ofCommit(String target, SQLException e) {
    return new SinkException.UnknownOutcome(
        explain(target, "COMMIT failed, reading what became of it: " + DuckDbErrors.message(e)), e);
  }

  private static String explain(String target, String message) {
    String text = "target " + target + ": " + message.replaceAll("\\s*\\n\\s*", " ");
    return switch (status(message)) {
      case 401 ->
          text
              + " (the catalog does not take the login: a bearer token may have expired, give the"
              + " secret another one and restart the writer)";
      case 403 ->
          text
              + " (the catalog or the storage does not allow it: expired, or lacking a permission)";
      case 409 -> text + " (another engine changed the table at the same time)";
      default ->
          NO_TOKEN.matcher(message).find()
              ? text + " (the login could not be traded for a token)"
              : text;
    };
  }

  /** The HTTP status that a message speaks of; 0 for none. */
  static int status(String message) {
    Matcher matcher = STATUS.matcher(message);
    if (!matcher.find()) {
      return 0;
    }
    return Integer.parseInt(matcher.group(1) == null ? matcher.group(2) : matcher.group(1));
  }
}
