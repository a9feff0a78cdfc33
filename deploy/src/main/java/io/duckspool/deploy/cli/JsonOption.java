package io.duckspool.deploy.cli;

import picocli.CommandLine.Option;

/** {@code --json}, for commands that print what a person reads by default. */
final class JsonOption {
  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  boolean isSet() {
    return json;
  }
}
