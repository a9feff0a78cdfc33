package io.duckspool.deploy.cli;

import picocli.CommandLine.Command;

/** {@code duckspool spool}. */
@Command(
    name = "spool",
    description = "Looks at the journal of accepted requests.",
    mixinStandardHelpOptions = true)
final class SpoolCommand {}
