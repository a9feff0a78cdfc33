package io.duckspool.deploy.cli;

import io.duckspool.common.config.ConfigException;
import io.duckspool.common.config.DuckspoolConfig;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * A command that has the receiver drain a server, and shows how far that is while it waits.
 *
 * @param <T> the receiver's answer
 */
abstract class DrainCommand<T> implements Callable<Integer> {

  /** How much longer than the endpoint the command waits for its answer. */
  private static final Duration GRACE = Duration.ofSeconds(60);

  @Mixin private CommonOptions common = new CommonOptions();
  @Mixin private JsonOption json = new JsonOption();

  @Parameters(paramLabel = "URI", description = "The server, as otlp:host:port.")
  private String uri;

  @Spec private CommandSpec spec;

  private final String path;
  private final Class<T> answerType;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  DrainCommand(String path, Class<T> answerType) {
    this.path = path;
    this.answerType = answerType;
  }

  /** The body of the call. */
  abstract Object request(String server);

  /** How long the endpoint may take. */
  abstract Duration timeout();

  /** Says what became of it. */
  abstract void print(T answer, PrintWriter out);

  /** The exit code. */
  abstract int exitCode(T answer);

  /** What the endpoint waits for: the given time, where it is one, or its default. */
  static Duration given(@Nullable Long timeoutMs, Duration otherwise) {
    return timeoutMs == null || timeoutMs <= 0 ? otherwise : Duration.ofMillis(timeoutMs);
  }

  @Override
  public final Integer call() throws ConfigException, CommandFailedException {
    String server = ControlCall.canonical(uri);
    DuckspoolConfig config = common.load();
    ControlCall receiver = ControlCall.toReceiver(config);
    String text;
    try (DrainProgress progress =
        DrainProgress.start(config, server, spec.commandLine().getErr(), !json.isSet())) {
      text = receiver.post(path, request(server), timeout().plus(GRACE));
    }
    T answer = receiver.read(text, answerType);
    PrintWriter out = spec.commandLine().getOut();
    if (json.isSet()) {
      out.println(text);
    } else {
      print(answer, out);
    }
    return exitCode(answer);
  }
}
