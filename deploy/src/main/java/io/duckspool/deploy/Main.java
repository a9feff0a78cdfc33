package io.duckspool.deploy;

import io.duckspool.deploy.cli.DuckspoolCommand;

/** What the launcher starts. */
public final class Main {
  private Main() {}

  /** Runs one command and ends with its exit code. */
  public static void main(String[] arguments) {
    System.exit(DuckspoolCommand.execute(arguments));
  }
}
