package io.duckspool.deploy.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.duckspool.common.config.ConfigException;
import io.duckspool.common.config.DurationText;
import io.duckspool.common.config.Secret;
import io.duckspool.common.process.ExitCode;
import io.duckspool.deploy.load.AckLogWriter;
import io.duckspool.deploy.load.FileLoadLog;
import io.duckspool.deploy.load.LoadPlan;
import io.duckspool.deploy.load.LoadReport;
import io.duckspool.deploy.load.LoadRun;
import io.duckspool.deploy.load.LoadSignal;
import io.duckspool.deploy.load.LoadTarget;
import io.duckspool.deploy.load.Mistakes;
import io.duckspool.deploy.load.Pace;
import io.duckspool.deploy.load.ProcessUsage;
import io.duckspool.deploy.load.RequestShape;
import io.duckspool.deploy.load.Retry;
import io.duckspool.deploy.load.Stamp;
import io.duckspool.deploy.load.StampedRequest;
import java.io.IOException;
import java.net.URI;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code duckspool load}. */
@Command(
    name = "load",
    description = {
      "Sends load to any OTLP/HTTP endpoint, and prints one line of JSON at its end: accepted rows,"
          + " rates, latencies, answers by status.",
      "Each record carries a sequence number of its own, which `duckspool reconcile` finds again.",
      "Ends with 1 when nothing was accepted, with 3 when nobody listens."
    },
    mixinStandardHelpOptions = true)
final class LoadCommand implements Callable<Integer> {
  /** Holds the bearer token where no file is named. */
  static final String TOKEN_VARIABLE = "OTLP_TOKEN";

  private static final Duration DEFAULT_DURATION = Duration.ofSeconds(10);

  @Mixin private CommonOptions common = new CommonOptions();
  @Mixin private JsonOption json = new JsonOption();

  @Option(
      names = "--url",
      paramLabel = "URL",
      description =
          "The endpoint's base, to which /v1/logs and so on are added; default: ${DEFAULT-VALUE}.",
      defaultValue = "http://localhost:4318")
  private String url = "";

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      description =
          "Holds the bearer token; default: the variable " + TOKEN_VARIABLE + ", else no token.")
  private @Nullable Path tokenFile;

  @Option(
      names = "--signal",
      paramLabel = "SIGNAL",
      split = ",",
      defaultValue = "logs",
      description = {
        "logs, traces, gauge, sum, histogram, exponential-histogram, summary, or metrics for these"
            + " five in turn within a request.",
        "Several, with commas: one request of each in turn. Default: ${DEFAULT-VALUE}."
      })
  private List<String> signals = List.of();

  @Option(
      names = "--records",
      paramLabel = "N",
      defaultValue = "512",
      description = "Records in a request; default: ${DEFAULT-VALUE}.")
  private int records;

  @Option(
      names = "--body-bytes",
      paramLabel = "N",
      defaultValue = "300",
      description = "Of each log record's body; default: ${DEFAULT-VALUE}.")
  private int bodyBytes;

  @Option(names = "--otlp-json", description = "Send OTLP/JSON instead of protobuf.")
  private boolean isOtlpJson;

  @Option(names = "--gzip", description = "Compress the requests, beforehand.")
  private boolean isGzipped;

  @Option(
      names = "--connections",
      paramLabel = "N",
      defaultValue = "8",
      description = "Connections side by side, each kept alive; default: ${DEFAULT-VALUE}.")
  private int connections;

  @Option(
      names = "--duration",
      paramLabel = "TIME",
      description = "How long to send, as 30s or 5m; default: 10s, or until --requests are sent.")
  private @Nullable String duration;

  @Option(names = "--requests", paramLabel = "N", description = "How many requests to send.")
  private @Nullable Long requests;

  @Option(
      names = "--rate",
      paramLabel = "N",
      defaultValue = "0",
      description = {
        "Requests a second, over all connections; latencies then count from when a request was due.",
        "Default: as fast as the answers come."
      })
  private double rate;

  @Option(
      names = "--pause",
      paramLabel = "TIME",
      defaultValue = "0ms",
      description = "Of a connection between an answer and its next request; default: none.")
  private String pause = "";

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      defaultValue = "30s",
      description = "How long to wait for a connection or a reply; default: ${DEFAULT-VALUE}.")
  private String timeout = "";

  @Option(
      names = "--retry",
      description = {
        "Send a request again after 429, 502, 503 and 504, as OTLP clients do, after the wait of"
            + " Retry-After or one that doubles.",
        "Without it no request is ever sent twice; without a reply it never is."
      })
  private boolean isRetrying;

  @Option(
      names = "--retry-limit",
      paramLabel = "TIME",
      defaultValue = "1m",
      description = "How long to go on with one request; default: ${DEFAULT-VALUE}.")
  private String retryLimit = "";

  @Option(
      names = "--bad-token-every",
      paramLabel = "N",
      defaultValue = "0",
      description = "Send every Nth request with a wrong token.")
  private long badTokenEvery;

  @Option(
      names = "--invalid-every",
      paramLabel = "N",
      defaultValue = "0",
      description = "Send every Nth request with a body that doesn't parse.")
  private long invalidEvery;

  @Option(
      names = "--ack-log",
      paramLabel = "FILE",
      description = "Note each request's answer here, for `duckspool reconcile`; must not exist.")
  private @Nullable Path ackLog;

  @Option(
      names = "--run",
      paramLabel = "NAME",
      description = "Marks this run's records: 1 to 32 of a-z and 0-9; default: random.")
  private @Nullable String run;

  @Option(
      names = "--pid",
      paramLabel = "PID",
      split = ",",
      description = "Report the CPU time and the peak memory of these processes, too.")
  private List<Long> pids = List.of();

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the field
  LoadCommand() {}

  @Override
  public Integer call()
      throws ConfigException, CommandFailedException, IOException, InterruptedException {
    common.load();
    Stamp stamp;
    LoadPlan plan;
    try {
      stamp = run == null ? Stamp.random(new SecureRandom()) : new Stamp(run);
      plan = plan(stamp);
    } catch (IllegalArgumentException e) {
      throw new CommandFailedException(ExitCode.USAGE, String.valueOf(e.getMessage()));
    }
    requireListener(plan.target());
    Optional<AckLogWriter> file = openAckLog(stamp, plan);
    CountDownLatch printed = new CountDownLatch(1);
    try (ProcessUsage usage = watch()) {
      LoadReport report = send(plan, file, printed);
      spec.commandLine().getOut().println(line(stamp, plan, report, usage));
      return report.acceptedRequests() > 0 ? ExitCode.DONE : ExitCode.FAILED;
    } finally {
      if (file.isPresent()) {
        file.get().close();
      }
      printed.countDown();
    }
  }

  private LoadPlan plan(Stamp stamp) throws CommandFailedException {
    List<StampedRequest> mix = new ArrayList<>();
    for (String signal : signals) {
      mix.add(
          StampedRequest.of(
              new RequestShape(LoadSignal.parse(signal), records, bodyBytes, isOtlpJson, isGzipped),
              stamp));
    }
    Optional<Duration> time =
        duration != null
            ? Optional.of(DurationText.parse(duration))
            : requests == null ? Optional.of(DEFAULT_DURATION) : Optional.empty();
    return new LoadPlan(
        new LoadTarget(LoadTarget.parseUrl(url), token(), DurationText.parse(timeout)),
        mix,
        new Pace(
            connections,
            requests == null ? mix.get(0).maxRequest() + 1 : requests,
            time,
            rate,
            DurationText.parse(pause)),
        isRetrying ? new Retry(DurationText.parse(retryLimit)) : Retry.NEVER,
        new Mistakes(badTokenEvery, invalidEvery));
  }

  private Optional<Secret> token() throws CommandFailedException {
    if (tokenFile == null) {
      return Optional.ofNullable(System.getenv(TOKEN_VARIABLE))
          .filter(token -> !token.isEmpty())
          .map(Secret::new);
    }
    String token;
    try {
      token = Files.readString(tokenFile).strip();
    } catch (IOException e) {
      throw new CommandFailedException(
          ExitCode.USAGE, "--token-file " + tokenFile + " can't be read: " + e);
    }
    if (!token.matches("[\\x21-\\x7e]+")) {
      throw new CommandFailedException(
          ExitCode.USAGE, "--token-file " + tokenFile + " must hold one line of printable ASCII");
    }
    return Optional.of(new Secret(token));
  }

  /** Nobody there at the start is a mistake in the URL; later on it is part of the load. */
  private static void requireListener(LoadTarget target) throws CommandFailedException {
    try {
      target.probe();
    } catch (IOException e) {
      throw new CommandFailedException(
          ExitCode.UNREACHABLE, "nobody answers on " + target.url() + ": " + e);
    }
  }

  private Optional<AckLogWriter> openAckLog(Stamp stamp, LoadPlan plan)
      throws CommandFailedException {
    if (ackLog == null) {
      return Optional.empty();
    }
    URI target = plan.target().url();
    try {
      return Optional.of(
          AckLogWriter.create(
              ackLog, stamp, plan.recordsPerRequest(), target.toString(), Clock.systemUTC()));
    } catch (FileAlreadyExistsException e) {
      throw new CommandFailedException(
          ExitCode.USAGE, "--ack-log " + ackLog + " is there already; name a new file");
    } catch (IOException e) {
      throw new CommandFailedException(
          ExitCode.USAGE, "--ack-log " + ackLog + " can't be written: " + e);
    }
  }

  private ProcessUsage watch() throws CommandFailedException {
    try {
      return ProcessUsage.watch(pids);
    } catch (IllegalArgumentException e) {
      throw new CommandFailedException(ExitCode.USAGE, "--pid: " + e.getMessage());
    }
  }

  private static LoadReport send(LoadPlan plan, Optional<AckLogWriter> file, CountDownLatch printed)
      throws InterruptedException {
    FileLoadLog log = new FileLoadLog(file);
    LoadRun load = LoadRun.start(plan, log, System::nanoTime);
    // Ctrl-C: requests in flight end, and the line is printed before the process does.
    Thread onSignal = new Thread(() -> stopAndWait(load, printed), "load-stop");
    Runtime.getRuntime().addShutdownHook(onSignal);
    try (load) {
      LoadReport report = load.await();
      if (load.failure().isPresent()) {
        throw new IllegalStateException("the load failed", load.failure().get());
      }
      log.ended();
      return report;
    } finally {
      removeHook(onSignal);
    }
  }

  private static void stopAndWait(LoadRun load, CountDownLatch printed) {
    load.stop();
    try {
      printed.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void removeHook(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The signal came: the hook waits for us.
      return;
    }
  }

  private ObjectNode line(Stamp stamp, LoadPlan plan, LoadReport report, ProcessUsage usage)
      throws InterruptedException {
    ObjectNode line = report.toJson();
    ObjectNode named = line.objectNode();
    named.put("run", stamp.run());
    named.put("url", plan.target().url().toString());
    ArrayNode sent = named.putArray("signals");
    plan.mix().forEach(request -> sent.add(request.shape().signal().text()));
    named.put("format", isOtlpJson ? "json" : "protobuf");
    named.put("gzip", isGzipped);
    named.put("connections", connections);
    named.put("records_per_request", records);
    named.setAll(line);
    ArrayNode processes = named.putArray("processes");
    usage
        .end()
        .forEach(
            (pid, used) ->
                processes
                    .addObject()
                    .put("pid", pid)
                    .put("cpu_seconds", used.cpu().toMillis() / 1e3)
                    .put("peak_rss_bytes", used.peakRssBytes()));
    return named;
  }
}
