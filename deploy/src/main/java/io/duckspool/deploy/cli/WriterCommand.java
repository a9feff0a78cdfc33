package io.duckspool.deploy.cli;

import io.duckspool.common.config.ConfigLoader.Role;
import io.duckspool.common.process.ServiceProcess;
import io.duckspool.writer.Writer;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code duckspool writer}. */
@Command(
    name = "writer",
    description =
        "Starts the writer in the foreground: moves what the receiver has accepted into the target.",
    mixinStandardHelpOptions = true)
final class WriterCommand implements Callable<Integer> {
  @Mixin private CommonOptions common = new CommonOptions();
  @Mixin private JsonOption json = new JsonOption();

  @Option(names = "--supervised", hidden = true, description = "Ends with its standard input.")
  private boolean isSupervised;

  @Override
  public Integer call() {
    return ServiceProcess.run("writer", common.loader(Role.WRITER), isSupervised, Writer::start);
  }
}
