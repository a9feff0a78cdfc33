package io.duckspool.writer.sink;

import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A sink's failure, by what can be done about it. */
public abstract sealed class SinkException extends Exception {

  private static final String TOO_LARGE = "the batch is too large";

  /** DuckDB's kind of error, and our own words for Arrow's and those of a target. */
  private static final Pattern OUT_OF_MEMORY =
      Pattern.compile("Out of Memory Error|no memory for a stream|" + TOO_LARGE);

  private SinkException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /** Whether the batch needs more memory than there is: a smaller one may do. */
  public boolean isOutOfMemory() {
    return getMessage() != null && OUT_OF_MEMORY.matcher(getMessage()).find();
  }

  /** The message, which is never absent. */
  public String reason() {
    return Objects.requireNonNull(getMessage());
  }

  /**
   * The ledger row isn't where the last seal left it, or is gone. Nothing was committed; the
   * pipeline stops, for another try could only double rows.
   */
  public static final class Fenced extends SinkException {

    public Fenced(String detail) {
      super("another writer commits this spool: " + detail, null);
    }
  }

  /**
   * The ledger has left its place, but by a commit of this writer that was given up for lost.
   * Nothing was committed by this call; read the ledger again and go on from there.
   */
  public static final class Overtaken extends SinkException {

    private static final long serialVersionUID = 1L;

    public Overtaken(String detail) {
      super("an earlier commit was applied late: " + detail, null);
    }
  }

  /**
   * The target is not fit to take rows, and won't be by waiting: missing schema or table, another
   * column type, a kind of target that isn't supported. Nothing was committed or left behind.
   */
  public static final class Refused extends SinkException {

    private final boolean isConflict;

    public Refused(String message) {
      super(message, null);
      this.isConflict = false;
    }

    public Refused(String message, Throwable cause) {
      super(message, cause);
      this.isConflict = false;
    }

    private Refused(String message, boolean isConflict) {
      super(message, null);
      this.isConflict = isConflict;
    }

    /** A name that the target needs is taken by something else. */
    static Refused conflict(String message) {
      return new Refused(message, true);
    }

    /** Whether something else is in the way, which could be moved or removed. */
    public boolean isConflict() {
      return isConflict;
    }
  }

  /**
   * A reason that lies in the target or this process: down, full, conflict, out of memory. Nothing
   * was committed; to be tried again with backoff, for ever.
   */
  public static final class Unavailable extends SinkException {

    public Unavailable(String message, Throwable cause) {
      super(message, cause);
    }

    public Unavailable(String message) {
      super(message, null);
    }

    /** The batch makes a larger file than the target takes: a smaller one may do. */
    static Unavailable tooLarge(String message) {
      return new Unavailable(message + ", " + TOO_LARGE);
    }
  }

  /**
   * A reason that lies in the rows: a conversion or a constraint of the target refuses one of them.
   * Nothing was committed; the entry is found by bisection. With a batch of one entry it is to
   * blame.
   */
  public static final class EntryFault extends SinkException {

    public EntryFault(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /**
   * COMMIT failed without telling whether it was applied. Neither failure nor success: read the
   * ledger ({@link Sink#readLedger}), then decide.
   */
  public static final class UnknownOutcome extends SinkException {

    public UnknownOutcome(String message, Throwable cause) {
      super(message, cause);
    }
  }
}
