package io.duckspool.common.process;

/** Exit codes of every command. */
public final class ExitCode {
  /** Done. */
  public static final int DONE = 0;

  /** Failed. */
  public static final int FAILED = 1;

  /** Wrong usage, or wrong configuration. */
  public static final int USAGE = 2;

  /** A process that is needed isn't reachable. */
  public static final int UNREACHABLE = 3;

  private ExitCode() {}
}
