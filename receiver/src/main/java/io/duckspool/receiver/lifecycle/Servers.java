package io.duckspool.receiver.lifecycle;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.AdminException;
import io.duckspool.common.admin.ListenUri;
import io.duckspool.common.config.ServerConfig;
import io.duckspool.receiver.http.RequestCounts;
import io.duckspool.receiver.ingest.ExportError;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * All servers of the process: those remembered in the data folder, those the configuration
 * declares, and those that calls make. Started and closed by the thread of the composition root;
 * everything else may come from any thread, and blocks where it says so.
 */
public final class Servers implements AutoCloseable {

  /** Seals are read from the writer's disk. */
  private static final Duration SEALS_TIMEOUT = Duration.ofSeconds(10);

  private final Environment environment;
  private final Roster roster;
  private final Serving serving;
  private final Flushing flushing;
  private final Stopping stopping;
  private final ServerRows rows;

  /** Makes an empty set. */
  public Servers(Environment environment) {
    this.environment = environment;
    this.roster = new Roster(environment);
    this.serving = new Serving(environment, roster);
    this.flushing = new Flushing(environment, roster);
    this.stopping = new Stopping(environment, roster);
    this.rows = new ServerRows(environment, roster);
  }

  /**
   * Begins to serve everything remembered and declared. Returns before the servers listen; a new
   * one waits for the writer.
   *
   * @throws IOException when the data folder can't be read or written, or the port of a new server
   *     is taken: then nothing of that server is left behind
   */
  public void start() throws IOException {
    new Restoring(environment, roster).restore();
  }

  /**
   * Serves a new server, or the kept spool of a stopped one again; blocks for disk and writer.
   *
   * @param given checked parameters, the URI in any accepted form
   * @throws ExportError 400 what the writer says of the target; 409 it exists, its port is taken,
   *     or its spool is kept for another target; 503 the writer is away. Nothing is left behind
   */
  public AdminApi.Served serve(ServerConfig given) throws ExportError, InterruptedException {
    return serving.serve(given);
  }

  /**
   * Commits what was accepted before the call; blocks for the writer.
   *
   * @param timeoutMillis above 0; null: as long as it takes
   * @param isAbandoned asked by this thread all the while; true: nobody waits for the answer
   * @throws ExportError 503 when the writer is away
   */
  public AdminApi.Flushed flush(
      ListenUri uri, @Nullable Long timeoutMillis, BooleanSupplier isAbandoned)
      throws ExportError, InterruptedException {
    return flushing.flush(uri, timeoutMillis, isAbandoned);
  }

  /**
   * Stops a server for good; blocks until all is committed and the server removed, or the time is
   * over, or nobody waits any more; the stop goes on in any case.
   *
   * @param isAbandoned asked by this thread once the server is closed; true: nobody waits
   * @throws ExportError 409 when its folder can't be understood; 503 when its last requests can't
   *     be made durable: then the process ends
   */
  public AdminApi.Stopped stop(ListenUri uri, Duration timeout, BooleanSupplier isAbandoned)
      throws ExportError, InterruptedException {
    return stopping.stop(uri, timeout, isAbandoned);
  }

  /** The servers as both processes know them; blocks for the writer, for two seconds at most. */
  public List<AdminApi.ServerRow> list() {
    boolean unused = environment.writerView().refresh();
    return rows.rows();
  }

  /** As {@link #list}, as the writer was a second ago; doesn't wait for it. */
  public List<AdminApi.ServerRow> lastKnown() {
    return rows.rows();
  }

  /**
   * The last seals of all servers; blocks for the writer.
   *
   * @throws ExportError 503 when the writer is away
   */
  public List<AdminApi.SealRow> seals() throws ExportError, InterruptedException {
    try {
      return environment.writer().seals(SEALS_TIMEOUT);
    } catch (AdminException e) {
      throw WriterErrors.of(e);
    } catch (IOException e) {
      throw WriterErrors.away(environment.config().writer().control(), e);
    }
  }

  /** What the servers count of their requests, by URI. */
  public Map<ListenUri, RequestCounts> requestCounts() {
    return roster.all().stream()
        .collect(Collectors.toMap(ServerRunner::uri, ServerRunner::counts, (a, b) -> b));
  }

  /** Whether the writer answered the last time it was asked. */
  public boolean isWriterConnected() {
    return environment.writerView().isConnected();
  }

  /** Whether all servers listen. */
  public boolean isListening() {
    return roster.unreadable().all().isEmpty()
        && roster.all().stream().allMatch(ServerRunner::isListening);
  }

  /** Whether the sync of a spool failed: the process has to be started again. */
  public boolean isPoisoned() {
    return roster.all().stream().anyMatch(ServerRunner::isPoisoned);
  }

  /** Why one of the servers isn't ready; empty when all are. */
  public Optional<String> degradation() {
    return roster.all().stream()
        .map(ServerRunner::degradation)
        .flatMap(Optional::stream)
        .findFirst()
        .or(
            () ->
                roster.unreadable().all().isEmpty()
                    ? Optional.empty()
                    : Optional.of(Readiness.NOT_LISTENING));
  }

  /** Stopped servers that the writer has not taken away yet. */
  int pendingStops() {
    return roster.notices().pending();
  }

  /** Servers that listen, or try to. */
  int runnerCount() {
    return roster.all().size();
  }

  /** Ends all servers until the next start; what was admitted is replied to first. */
  @Override
  public void close() {
    roster.beginClosing();
    roster.unreadable().close();
    List<ServerRunner> last = roster.all();
    last.forEach(ServerRunner::reject);
    last.forEach(ServerRunner::close);
    roster.notices().close();
  }
}
