package io.duckspool.deploy.cli;

import io.duckspool.common.config.ConfigException;
import io.duckspool.common.config.ConfigLoader;
import io.duckspool.common.config.ConfigLoader.Role;
import io.duckspool.common.config.DuckspoolConfig;
import io.duckspool.common.logging.Logging;
import io.duckspool.common.process.ExitCode;
import io.duckspool.deploy.up.Up;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/** {@code duckspool up}. */
@Command(
    name = "up",
    description = {
      "Starts the receiver and the writer in the foreground; Ctrl-C drains and stops both.",
      "Prints one line on stdout once requests are taken: ready listen_url=... auth_token_file=... database=...",
      "Everything else goes to stderr."
    },
    mixinStandardHelpOptions = true)
final class UpCommand implements Callable<Integer> {
  @Mixin private CommonOptions common = new CommonOptions();
  @Mixin private JsonOption json = new JsonOption();

  @Option(
      names = "--uri",
      paramLabel = "URI",
      description =
          "Where the server listens, when none is declared or remembered; default: ${DEFAULT-VALUE}.",
      defaultValue = "otlp:localhost:4318")
  private String uri = "otlp:localhost:4318";

  @Option(names = "--token-file", paramLabel = "FILE", description = "Holds that server's token.")
  private @Nullable Path tokenFile;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the field
  UpCommand() {}

  @Override
  public Integer call()
      throws ConfigException, CommandFailedException, IOException, InterruptedException {
    DuckspoolConfig config = common.load();
    Up up = new Up(config, common.asArguments(), System.out, System.err, System::nanoTime);
    if (config.servers().isEmpty() && up.needsServer(uri)) {
      // Checked here, with the flags' names, before the children say it of their variables.
      ConfigLoader loader = common.loader(Role.TOOL).flag("servers[0].uri", uri, "--uri");
      if (tokenFile != null) {
        loader.flag("servers[0].token_file", tokenFile.toString(), "--token-file");
      }
      config = loader.load();
      up =
          new Up(config, common.asArguments(), System.out, System.err, System::nanoTime)
              .declare(uri, Optional.ofNullable(tokenFile));
    } else {
      warnOfUnusedFlags(up);
    }
    Logging.start(config.log());
    Optional<String> obstacle = up.obstacle();
    if (obstacle.isPresent()) {
      throw new CommandFailedException(ExitCode.FAILED, obstacle.get());
    }
    return up.run();
  }

  /** A flag that does nothing is told: whoever gave it waits for a port that never opens. */
  private void warnOfUnusedFlags(Up up) throws CommandFailedException, IOException {
    ParseResult given = spec.commandLine().getParseResult();
    Optional<String> others;
    try {
      others = up.othersThan(uri);
    } catch (IllegalArgumentException e) {
      throw new CommandFailedException(ExitCode.USAGE, "flag --uri: " + e.getMessage());
    }
    PrintWriter err = spec.commandLine().getErr();
    if (given.hasMatchedOption("--uri")) {
      others.ifPresent(
          reason -> err.println("up       | --uri " + uri + " is not used: " + reason));
    }
    if (tokenFile != null) {
      err.println(
          "up       | --token-file is not used: the server's token is the one of the configuration,"
              + " or the remembered one");
    }
  }
}
