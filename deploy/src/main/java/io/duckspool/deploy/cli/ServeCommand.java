package io.duckspool.deploy.cli;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.config.ConfigException;
import io.duckspool.common.config.DataSize;
import io.duckspool.common.process.ExitCode;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/**
 * {@code duckspool serve}: {@code otlp_serve} with its parameters as options. What isn't given
 * isn't sent: defaults and bounds are the receiver's.
 */
@Command(
    name = "serve",
    description = {
      "Starts a server in the running receiver; it is remembered over restarts, until stop.",
      "Sizes take a unit: 16MiB."
    },
    mixinStandardHelpOptions = true)
final class ServeCommand implements Callable<Integer> {
  // Making a target in a remote catalog may take its time; the receiver bounds it.
  private static final Duration TIMEOUT = Duration.ofMinutes(2);

  @Mixin private CommonOptions common = new CommonOptions();
  @Mixin private JsonOption json = new JsonOption();

  @Parameters(
      paramLabel = "URI",
      arity = "0..1",
      description = "Where it listens, as otlp:host:port; default: otlp:localhost:4318.")
  private @Nullable String uri;

  @Option(
      names = "--catalog",
      description = "A catalog attached in the writer; default: its default database.")
  private @Nullable String catalog;

  @Option(names = "--schema", description = "Where the tables are; default: main.")
  private @Nullable String schema;

  @Option(
      names = "--token",
      description =
          "What clients must present, 16 characters or more; default: a random one is made."
              + " Other users of this machine see it while this command runs: use --token-file.")
  private @Nullable String token;

  @Option(names = "--token-file", paramLabel = "FILE", description = "Holds the token.")
  private @Nullable Path tokenFile;

  @Option(
      names = "--disable-auth",
      arity = "0..1",
      fallbackValue = "true",
      description = "No token is made or checked.")
  private @Nullable Boolean disableAuth;

  @Option(
      names = "--parquet-export-path",
      paramLabel = "PATH",
      description = "A folder or s3://bucket/prefix for Parquet files, instead of a catalog.")
  private @Nullable String parquetExportPath;

  @Option(
      names = "--create-tables",
      arity = "0..1",
      fallbackValue = "true",
      description = "Whether missing tables are made; default: true.")
  private @Nullable Boolean createTables;

  @Option(
      names = "--allow-other-hostname",
      arity = "0..1",
      fallbackValue = "true",
      description = "Whether it may listen on another host than localhost.")
  private @Nullable Boolean allowOtherHostname;

  @Option(
      names = "--max-body-bytes",
      paramLabel = "SIZE",
      converter = Size.class,
      description = "The largest body, as sent and decoded; default: 16MiB.")
  private @Nullable Long maxBodyBytes;

  @Option(names = "--http-threads", paramLabel = "N", description = "Threads of its HTTP server.")
  private @Nullable Integer httpThreads;

  @Option(
      names = "--max-buffered-bytes",
      paramLabel = "SIZE",
      converter = Size.class,
      description = "Accepted but not yet committed; default: as far as the disk allows.")
  private @Nullable Long maxBufferedBytes;

  @Option(
      names = "--seal-target-bytes",
      paramLabel = "SIZE",
      converter = Size.class,
      description = "Payload bytes at which a batch is sealed; default: 64MiB.")
  private @Nullable Long sealTargetBytes;

  @Option(
      names = "--seal-max-age-ms",
      paramLabel = "MS",
      description = "Age at which a batch is sealed; default: 5000 (Iceberg: 60000).")
  private @Nullable Long sealMaxAgeMs;

  @Option(
      names = "--target-file-size",
      paramLabel = "SIZE",
      converter = Size.class,
      description = "Size of a data file, DuckLake only; default: 256MiB.")
  private @Nullable Long targetFileSize;

  @Option(
      names = "--maintenance-retention-ms",
      paramLabel = "MS",
      description = "Age at which snapshots may go, DuckLake only.")
  private @Nullable Long maintenanceRetentionMs;

  @Option(
      names = "--promote-resource-attributes",
      paramLabel = "KEYS",
      description = "Resource attributes that get a column of their own, separated by commas.")
  private @Nullable String promoteResourceAttributes;

  @Option(
      names = "--promote-scope-attributes",
      paramLabel = "KEYS",
      description = "Scope attributes that get a column of their own, separated by commas.")
  private @Nullable String promoteScopeAttributes;

  @Option(
      names = "--response-mode",
      paramLabel = "MODE",
      description = "What replies look like: buffered (default) or otlp.")
  private @Nullable String responseMode;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  ServeCommand() {}

  /** A size with an optional unit, as a number of bytes. */
  static final class Size implements ITypeConverter<Long> {
    @Override
    public Long convert(String text) {
      try {
        return DataSize.parse(text).bytes();
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(String.valueOf(e.getMessage()));
      }
    }
  }

  @Override
  public Integer call() throws ConfigException, CommandFailedException {
    Map<String, Object> parameters = parameters();
    ControlCall receiver = ControlCall.toReceiver(common.load());
    String answer = receiver.post(AdminApi.SERVE, parameters, TIMEOUT);
    PrintWriter out = spec.commandLine().getOut();
    if (json.isSet()) {
      out.println(answer);
    } else {
      print(receiver.read(answer, AdminApi.Served.class), out);
    }
    return ExitCode.DONE;
  }

  /** What was given, by the names of the parameters. */
  private Map<String, Object> parameters() throws CommandFailedException {
    Map<String, Object> given = new LinkedHashMap<>();
    put(given, "uri", uri);
    put(given, "catalog", catalog);
    put(given, "schema", schema);
    put(given, "token", tokenFile == null ? token : tokenIn(tokenFile));
    put(given, "disable_auth", disableAuth);
    put(given, "parquet_export_path", ControlCall.parquetRoot(parquetExportPath));
    put(given, "create_tables", createTables);
    put(given, "allow_other_hostname", allowOtherHostname);
    put(given, "max_body_bytes", maxBodyBytes);
    put(given, "http_threads", httpThreads);
    put(given, "max_buffered_bytes", maxBufferedBytes);
    put(given, "seal_target_bytes", sealTargetBytes);
    put(given, "seal_max_age_ms", sealMaxAgeMs);
    put(given, "target_file_size", targetFileSize);
    put(given, "maintenance_retention_ms", maintenanceRetentionMs);
    put(given, "promote_resource_attributes", promoteResourceAttributes);
    put(given, "promote_scope_attributes", promoteScopeAttributes);
    put(given, "response_mode", responseMode);
    return given;
  }

  private static void put(Map<String, Object> given, String name, @Nullable Object value) {
    if (value != null) {
      given.put(name, value);
    }
  }

  private String tokenIn(Path file) throws CommandFailedException {
    if (token != null) {
      throw new CommandFailedException(ExitCode.USAGE, "--token and --token-file: one of them");
    }
    try {
      return Files.readString(file, StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      throw new CommandFailedException(ExitCode.USAGE, "--token-file can't be read: " + e);
    }
  }

  private static void print(AdminApi.Served served, PrintWriter out) {
    String catalog = served.catalogName().isEmpty() ? "" : served.catalogName() + ".";
    out.println("listening   " + served.listenUrl() + "  (" + served.listenUri() + ")");
    out.println("tables in   " + catalog + served.schemaName());
    out.println(
        "auth token  " + (served.authToken().isEmpty() ? "none is asked" : served.authToken()));
  }
}
