package io.duckspool.writer.pipeline;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.ListenUri;
import io.duckspool.common.config.ParquetRoot;
import io.duckspool.common.config.ServerConfig;
import io.duckspool.common.server.ServerFile;
import io.duckspool.common.server.ServerFolder;
import io.duckspool.common.server.ServerState;
import io.duckspool.spool.SpoolPosition;
import io.duckspool.writer.sink.LedgerRow;
import io.duckspool.writer.sink.Sink;
import io.duckspool.writer.sink.SinkException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What the control port asks about whole servers: how they come, come back and go. Blocking, and
 * thread-safe; the calls about one server wait for each other.
 */
public final class ServerCalls {

  /** How long a pipeline may be busy with a target, and a call with another (a guess). */
  private static final long TIMEOUT_MILLIS = 60_000;

  private final PipelineParts parts;
  private final PipelineDefaults defaults;
  private final SinkFactory sinks;
  private final Pipelines pipelines;

  /** One object a server, by the name of its folder. */
  private final Map<String, Object> locks = new ConcurrentHashMap<>();

  public ServerCalls(
      PipelineParts parts, PipelineDefaults defaults, SinkFactory sinks, Pipelines pipelines) {
    this.parts = parts;
    this.defaults = defaults;
    this.sinks = sinks;
    this.pipelines = pipelines;
  }

  /**
   * Checks and makes the target of a server, its ledger row included, and starts its pipeline. Safe
   * to repeat. Durable when it returns.
   *
   * @throws SinkException the target is refused, or doesn't answer
   * @throws IOException the server's folder can't be read, or is another server's
   */
  public AdminApi.Prepared prepare(AdminApi.Prepare request) throws SinkException, IOException {
    synchronized (lockOf(request.server())) {
      ServerFolder folder =
          find(request.server())
              .orElseThrow(() -> new IOException("no such server: " + request.server()));
      ServerFile file = readAs(folder, request.spoolId());
      Sink sink = sinks.open(defaults.target(file.config()));
      boolean isTaken = false;
      try {
        if (file.state() == ServerState.PREPARING) {
          SpoolPosition start = new SpoolPosition(PipelineDefaults.firstIndex(file), 0, 0, 0);
          LedgerRow unused =
              sink.prepare(
                  new LedgerRow(
                      file.spoolId(),
                      file.config().uri(),
                      file.runId(),
                      start,
                      0,
                      parts.clock().instant()));
        } else {
          sink.check(); // A ledger row that is missing now is lost: the pipeline refuses.
        }
        String catalog = sink.catalogName();
        isTaken = pipelines.ensure(folder, file, sink);
        return new AdminApi.Prepared(file.spoolId(), catalog);
      } finally {
        if (!isTaken) {
          sink.close();
        }
      }
    }
  }

  /** Calls the stop of a server off, or finishes it. */
  public Outcome<AdminApi.TakenUp> takeUp(AdminApi.TakeUp request)
      throws IOException, InterruptedException {
    synchronized (lockOf(request.server())) {
      Optional<ServerFolder> folder = find(request.server());
      if (folder.isEmpty()) {
        return new Outcome.Done<>(Retirement.GONE);
      }
      try {
        return takeUp(folder.get(), request.spoolId());
      } catch (NoSuchFileException e) {
        if (find(request.server()).isPresent()) {
          throw e;
        }
        return new Outcome.Done<>(Retirement.GONE); // Its stop was through in between.
      }
    }
  }

  private Outcome<AdminApi.TakenUp> takeUp(ServerFolder folder, String spoolId)
      throws IOException, InterruptedException {
    ServerFile file = readAs(folder, spoolId);
    if (file.state() == ServerState.PREPARING) {
      return new Outcome.Refused<>(file.listenUri() + " was never served, nothing is kept of it");
    }
    Optional<PipelineHandle> found = handle(folder, file);
    if (found.isEmpty()) {
      return new Outcome.NotNow<>("the writer ends");
    }
    CompletableFuture<Outcome<AdminApi.TakenUp>> reply = new CompletableFuture<>();
    return found
        .get()
        .ask(new PipelineCommand.TakeUp(reply), reply, TIMEOUT_MILLIS, Outcome.NotNow::new);
  }

  /** Gives the kept spool of a stopped server another target. */
  public Outcome<AdminApi.Replayed> replay(AdminApi.Replay request)
      throws IOException, InterruptedException {
    ListenUri uri = ListenUri.parse(request.uri());
    ServerFolder folder = parts.data().server(uri);
    synchronized (lockOf(folder.name())) {
      if (!Files.exists(folder.serverFile())) {
        return noServer(uri);
      }
      ServerFile file = ServerFile.read(folder);
      if (file.state() != ServerState.STOPPING) {
        return new Outcome.Refused<>(
            uri + " is not stopping: only what a stopped server has kept can be replayed");
      }
      ServerConfig config = replayed(file.config(), request);
      PipelineSettings settings = defaults.settings(folder, file.with(config));
      Optional<PipelineHandle> found = handle(folder, file);
      if (found.isEmpty()) {
        return new Outcome.NotNow<>("the writer ends");
      }
      Outcome<AdminApi.Replayed> outcome = replay(found.get(), config, settings);
      if (outcome instanceof Outcome.Done) {
        pipelines.retargeted(found.get(), settings, defaults.target(config));
      }
      return outcome;
    }
  }

  private Outcome<AdminApi.Replayed> replay(
      PipelineHandle pipeline, ServerConfig config, PipelineSettings settings)
      throws InterruptedException {
    CompletableFuture<Outcome<AdminApi.Replayed>> reply = new CompletableFuture<>();
    try {
      Sink sink = sinks.open(defaults.target(config));
      return pipeline.ask(
          new PipelineCommand.Replay(config, settings, sink, reply),
          reply,
          TIMEOUT_MILLIS,
          reason -> new Outcome.NotNow<>(reason + "; it may still be done"));
    } catch (SinkException.Refused e) {
      return new Outcome.Refused<>(e.reason());
    } catch (SinkException e) {
      return new Outcome.NotNow<>(e.reason());
    }
  }

  /**
   * Removes a kept spool with all that is not committed, or what {@link #prepare} has made for a
   * server that isn't served after all; the folder of the latter stays the receiver's.
   */
  public Outcome<AdminApi.Discarded> discard(AdminApi.ServerUri request)
      throws IOException, InterruptedException {
    ListenUri uri = ListenUri.parse(request.uri());
    ServerFolder folder = parts.data().server(uri);
    synchronized (lockOf(folder.name())) {
      if (!Files.exists(folder.serverFile())) {
        return noServer(uri);
      }
      ServerFile file = ServerFile.read(folder);
      if (file.state() == ServerState.PREPARING) {
        return discardPrepared(folder, file);
      }
      Optional<PipelineHandle> found;
      try {
        found = handle(folder, file);
      } catch (IOException e) {
        return new DamagedDiscard(parts, pipelines).run(folder, file, e);
      }
      if (found.isEmpty()) {
        return new Outcome.NotNow<>("the writer ends");
      }
      CompletableFuture<Outcome<AdminApi.Discarded>> reply = new CompletableFuture<>();
      return found
          .get()
          .ask(new PipelineCommand.Discard(reply), reply, TIMEOUT_MILLIS, Outcome.NotNow::new);
    }
  }

  private static ServerConfig replayed(ServerConfig config, AdminApi.Replay request) {
    Optional<String> catalog = Optional.ofNullable(request.catalog()).filter(c -> !c.isEmpty());
    Optional<String> path =
        Optional.ofNullable(request.parquetExportPath()).map(ServerCalls::parquetRoot);
    String schema = Optional.ofNullable(request.schema()).orElse("main");
    if (schema.isEmpty()) {
      throw new IllegalArgumentException("schema must not be empty");
    }
    if (path.isPresent() && catalog.isPresent()) {
      throw new IllegalArgumentException(
          "parquet_export_path "
              + path.get()
              + " and catalog "
              + catalog.get()
              + " exclude each other");
    }
    if (path.isPresent()
        && !(config.promoteResourceAttributes().isEmpty()
            && config.promoteScopeAttributes().isEmpty())) {
      throw new IllegalArgumentException(
          "parquet_export_path "
              + path.get()
              + ": the server has promoted attributes, which only catalogs take");
    }
    return config.withTarget(catalog, schema, path);
  }

  private static String parquetRoot(String text) {
    try {
      return ParquetRoot.parse(text).location();
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("parquet_export_path: " + e.getMessage(), e);
    }
  }

  /** Nothing was acked: the ledger row is all there is. */
  private Outcome<AdminApi.Discarded> discardPrepared(ServerFolder folder, ServerFile file)
      throws IOException, InterruptedException {
    if (!pipelines.abandon(file.spoolId(), TIMEOUT_MILLIS)) {
      return new Outcome.NotNow<>("the pipeline is busy, try again");
    }
    if (Files.exists(folder.serverFile()) && !ServerFile.read(folder).equals(file)) {
      return new Outcome.NotNow<>("the receiver serves it by now, look again");
    }
    try (Sink sink = sinks.open(defaults.target(file.config()))) {
      boolean unused = sink.removeLedger(file.spoolId());
      return new Outcome.Done<>(new AdminApi.Discarded(file.config().uri(), file.spoolId(), 0, 0));
    } catch (SinkException.Refused e) {
      // A target that can't be opened was never prepared.
      return new Outcome.Done<>(new AdminApi.Discarded(file.config().uri(), file.spoolId(), 0, 0));
    } catch (SinkException e) {
      return new Outcome.NotNow<>(e.reason());
    }
  }

  /** The server's pipeline, started if it isn't there; empty when the writer ends. */
  private Optional<PipelineHandle> handle(ServerFolder folder, ServerFile file) throws IOException {
    pipelines.update(folder, file);
    return pipelines.find(file.spoolId());
  }

  private Object lockOf(String server) {
    return locks.computeIfAbsent(server, key -> new Object());
  }

  private Optional<ServerFolder> find(String server) throws IOException {
    return parts.data().listServers().stream()
        .filter(folder -> folder.name().equals(server))
        .findFirst();
  }

  private static ServerFile readAs(ServerFolder folder, String spoolId) throws IOException {
    ServerFile file = ServerFile.read(folder);
    if (!file.spoolId().equals(spoolId)) {
      throw new IOException(
          "server " + folder.name() + " has spool " + file.spoolId() + ", not the one asked");
    }
    return file;
  }

  private static <T> Outcome<T> noServer(ListenUri uri) {
    return new Outcome.Refused<>("there is no server and no kept spool of " + uri);
  }
}
