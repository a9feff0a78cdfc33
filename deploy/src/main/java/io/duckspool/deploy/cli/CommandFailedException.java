package io.duckspool.deploy.cli;

/** A command failed in a way its user can understand; the message says what to do. */
public final class CommandFailedException extends Exception {
  private static final long serialVersionUID = 1L;

  private final int exitCode;

  /**
   * @param exitCode of {@link io.duckspool.common.process.ExitCode}
   * @param message for the user, one line
   */
  public CommandFailedException(int exitCode, String message) {
    super(message);
    this.exitCode = exitCode;
  }

  /** What the process ends with. */
  public int exitCode() {
    return exitCode;
  }
}
