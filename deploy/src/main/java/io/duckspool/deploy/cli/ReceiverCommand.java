package io.duckspool.deploy.cli;

import io.duckspool.common.config.ConfigLoader.Role;
import io.duckspool.common.process.ServiceProcess;
import io.duckspool.receiver.Receiver;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code duckspool receiver}. */
@Command(
    name = "receiver",
    description =
        "Starts the receiver in the foreground: takes export requests, and acknowledges what is on disk.",
    mixinStandardHelpOptions = true)
final class ReceiverCommand implements Callable<Integer> {
  @Mixin private CommonOptions common = new CommonOptions();
  @Mixin private JsonOption json = new JsonOption();

  @Option(names = "--supervised", hidden = true, description = "Ends with its standard input.")
  private boolean isSupervised;

  @Override
  public Integer call() {
    return ServiceProcess.run(
        "receiver", common.loader(Role.RECEIVER), isSupervised, Receiver::start);
  }
}
