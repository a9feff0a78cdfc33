package io.duckspool.deploy.cli;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.config.ConfigException;
import io.duckspool.common.process.ExitCode;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What {@code duckspool pause} and {@code duckspool resume} have in common. */
abstract class PipelineStateCommand implements Callable<Integer> {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  @Mixin private CommonOptions common = new CommonOptions();
  @Mixin private JsonOption json = new JsonOption();

  @Parameters(paramLabel = "URI", description = "The server, as otlp:host:port.")
  private String uri;

  @Spec private CommandSpec spec;
  private final String path;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  private PipelineStateCommand(String path) {
    this.path = path;
  }

  @Override
  public Integer call() throws ConfigException, CommandFailedException {
    String server = ControlCall.canonical(uri);
    ControlCall writer = ControlCall.toWriter(common.load());
    String answer = writer.post(path, new AdminApi.ServerUri(server), TIMEOUT);
    PrintWriter out = spec.commandLine().getOut();
    if (json.isSet()) {
      out.println(answer);
    } else {
      AdminApi.PipelineAt pipeline = writer.read(answer, AdminApi.PipelineAt.class);
      out.println(pipeline.listenUri() + " is " + pipeline.state());
    }
    return ExitCode.DONE;
  }

  /** {@code duckspool pause}. */
  @Command(
      name = "pause",
      description = {
        "Has the writer commit nothing of a server until resume, over restarts too.",
        "The receiver goes on accepting, as long as there is room."
      },
      mixinStandardHelpOptions = true)
  static final class Pause extends PipelineStateCommand {
    Pause() {
      super(AdminApi.PAUSE);
    }
  }

  /** {@code duckspool resume}. */
  @Command(
      name = "resume",
      description = "Has the writer go on with a server that is paused.",
      mixinStandardHelpOptions = true)
  static final class Resume extends PipelineStateCommand {
    Resume() {
      super(AdminApi.RESUME);
    }
  }
}
