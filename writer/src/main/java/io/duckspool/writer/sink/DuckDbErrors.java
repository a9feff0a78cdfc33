package io.duckspool.writer.sink;

import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Sorts DuckDB's errors. The driver gives neither codes nor SQL states, so what tells them apart is
 * the kind that each message begins with ({@code Constraint Error: …}).
 */
final class DuckDbErrors {

  /**
   * A row can't be converted, or breaks a constraint. The kind stands first: what follows may quote
   * the row.
   */
  private static final Pattern ENTRY_FAULT =
      Pattern.compile(
          "^(TransactionContext Error: Failed to commit: )?"
              + "(Conversion|Constraint|Out of Range) Error: ");

  private static final Pattern REFUSED =
      Pattern.compile("^(Catalog|Binder|Parser|Permission|Not implemented|Dependency) Error: ");

  private static final Pattern FATAL =
      Pattern.compile("FATAL Error|INTERNAL Error|database has been invalidated");

  private static final Pattern OUT_OF_MEMORY = Pattern.compile("Out of Memory Error: ");

  private static final Pattern LOCKED =
      Pattern.compile("Could not set lock on file|Conflicting lock is held");

  private static final Pattern HOLDER = Pattern.compile("\\(PID (\\d+)\\)");

  private static final Pattern LAKE_NOT_COMMITTED =
      Pattern.compile("Transaction conflict - |Failed to flush changes into DuckLake: ");

  /** A statement that a lake sent to its metadata: it may be long, and have texts of rows in it. */
  private static final Pattern METADATA_STATEMENT =
      Pattern.compile("(?s)Failed to (?:execute query|prepare COPY) \"(.*)\": ");

  private static final Pattern DETAILS = Pattern.compile("\n\n(LINE |Stack Trace:)");

  private static final int MAX_STATEMENT_CHARACTERS = 40;

  private static final Pattern NO_FILE =
      Pattern.compile("No files found that match|No such file or directory|404|NoSuchKey");

  private static final Pattern NO_TABLE =
      Pattern.compile(
          "^Catalog Error: Table with name .*? does not exist( because schema )?", Pattern.DOTALL);

  /** What asking a view for the number of its rows fails with. */
  private static final Pattern NO_ROWID =
      Pattern.compile("^Binder Error: Referenced column \"rowid\" not found");

  private DuckDbErrors() {}

  /** What stands where a table was looked for by its row numbers; empty: the failure is another. */
  static Optional<TargetTables.Presence> presenceOf(SQLException e) {
    Matcher none = NO_TABLE.matcher(message(e));
    if (none.find()) {
      return Optional.of(
          none.group(1) == null ? TargetTables.Presence.NOTHING : TargetTables.Presence.NO_SCHEMA);
    }
    return NO_ROWID.matcher(message(e)).find()
        ? Optional.of(TargetTables.Presence.VIEW)
        : Optional.empty();
  }

  /** A statement of a seal failed that inserts none of its rows: no entry is to blame. */
  static SinkException ofSeal(String target, SQLException e) {
    return new SinkException.Unavailable("target " + target + ": " + message(e), e);
  }

  /** The INSERT of a seal's rows failed. */
  static SinkException ofInsert(String target, SQLException e) {
    String text = "target " + target + ": " + message(e);
    return ENTRY_FAULT.matcher(message(e)).find()
        ? new SinkException.EntryFault(text, e)
        : new SinkException.Unavailable(text, e);
  }

  /** COMMIT of a seal failed. A constraint found then says that nothing was applied. */
  static SinkException ofCommit(String target, SQLException e) {
    if (ENTRY_FAULT.matcher(message(e)).find()) {
      return new SinkException.EntryFault("target " + target + ": " + message(e), e);
    }
    return unknown(target, e);
  }

  private static SinkException unknown(String target, SQLException e) {
    return new SinkException.UnknownOutcome(
        "target "
            + target
            + ": COMMIT failed, it is not known whether it was applied: "
            + message(e),
        e);
  }

  /**
   * COMMIT of a seal into a lake failed. A conflict, and a failure to write the metadata, come
   * before the metadata's own COMMIT: nothing was applied.
   */
  static SinkException ofLakeCommit(String target, SQLException e) {
    return LAKE_NOT_COMMITTED.matcher(message(e)).find() && !isFatal(e)
        ? new SinkException.Unavailable("target " + target + ": " + message(e), e)
        : unknown(target, e);
  }

  /** True when a file that was to be read isn't there, on this machine or in object storage. */
  static boolean isNoFile(SQLException e) {
    return NO_FILE.matcher(message(e)).find();
  }

  /** True when there is no lake where one was to be attached, and making one was forbidden. */
  static boolean isNoLake(SQLException e) {
    return message(e)
        .contains("does not exist - and creating a new DuckLake is explicitly disabled");
  }

  /** A statement outside a seal failed. */
  static SinkException ofStatement(String target, SQLException e) {
    String text = "target " + target + ": " + message(e);
    return REFUSED.matcher(message(e)).find()
        ? new SinkException.Refused(text, e)
        : new SinkException.Unavailable(text, e);
  }

  /** A checkpoint failed: only a catalog that has no such thing refuses it. */
  static SinkException ofMaintenance(String target, SQLException e) {
    String text = "target " + target + ": " + message(e);
    return message(e).startsWith("Not implemented Error: ")
        ? new SinkException.Refused(text, e)
        : new SinkException.Unavailable(text, e);
  }

  /** The database can't be opened. */
  static SinkException ofOpen(Optional<Path> file, SQLException e) {
    if (e instanceof Catalogs.AttachException || e instanceof Extensions.MissingException) {
      return new SinkException.Unavailable(message(e), e);
    }
    String name = file.map(Path::toString).orElse(":memory:");
    if (LOCKED.matcher(message(e)).find()) {
      Matcher holder = HOLDER.matcher(message(e));
      String who = holder.find() ? "process " + holder.group(1) : "another process";
      return new SinkException.Unavailable(
          "the DuckDB file "
              + name
              + " is locked by "
              + who
              + ": only one process can open it, readers included; stop that process, or ask a"
              + " running writer with `duckspool sql`",
          e);
    }
    return new SinkException.Unavailable(
        "can't open the DuckDB file " + name + ": " + message(e), e);
  }

  /** True when the instance takes no further statement until it is opened anew. */
  static boolean isFatal(SQLException e) {
    return FATAL.matcher(message(e)).find();
  }

  /** True when DuckDB reached its memory limit. */
  static boolean isOutOfMemory(SinkException e) {
    return e.getCause() instanceof SQLException cause
        && OUT_OF_MEMORY.matcher(message(cause)).find();
  }

  /**
   * The first paragraph of the message: what follows is the statement's text with a caret, or the
   * stack of a failure inside of DuckDB.
   */
  static String message(SQLException e) {
    String text = e.getMessage();
    if (text == null) {
      return e.getClass().getSimpleName();
    }
    String prefix =
        "Invalid Input Error: Attempting to execute an unsuccessful or closed pending"
            + " query result\nError: ";
    String own = text.startsWith(prefix) ? text.substring(prefix.length()) : text;
    Matcher end = DETAILS.matcher(own);
    return withoutStatement(end.find() ? own.substring(0, end.start()) : own).strip();
  }

  private static String withoutStatement(String text) {
    Matcher statement = METADATA_STATEMENT.matcher(text);
    return statement.find() && statement.group(1).length() > MAX_STATEMENT_CHARACTERS
        ? text.substring(0, statement.start())
            + "a statement failed: "
            + text.substring(statement.end())
        : text;
  }
}
