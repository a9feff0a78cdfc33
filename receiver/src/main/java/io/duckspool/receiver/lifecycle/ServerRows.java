package io.duckspool.receiver.lifecycle;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.AdminApi.PipelineStatus;
import io.duckspool.common.admin.ListenUri;
import io.duckspool.common.config.ServerConfig;
import io.duckspool.common.server.ServerFile;
import io.duckspool.common.server.ServerFolder;
import io.duckspool.common.server.ServerState;
import io.duckspool.receiver.ingest.Admission;
import io.duckspool.spool.Spool;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The rows of {@code otlp_server_list}: what this process knows of a server, and what the writer
 * says of its pipeline; with the writer away, what its checkpoint says. Thread-safe.
 */
final class ServerRows {

  private static final Logger LOG = LoggerFactory.getLogger(ServerRows.class);

  private final Environment environment;
  private final Roster roster;

  ServerRows(Environment environment, Roster roster) {
    this.environment = environment;
    this.roster = roster;
  }

  /**
   * All servers by URI, those that were stopped while their spools are kept, and those whose
   * folders can't be understood.
   */
  List<AdminApi.ServerRow> rows() {
    List<AdminApi.ServerRow> rows = new ArrayList<>();
    for (ServerRunner runner : roster.all()) {
      add(rows, runner.folder(), runner.file(), Optional.of(runner));
    }
    for (ServerFolder folder : keptFolders()) {
      addKept(rows, folder);
    }
    for (UnreadableServers.Unreadable unreadable : roster.unreadable().all()) {
      unreadable
          .uri()
          .flatMap(uri -> UnreadableRow.of(uri, unreadable, environment))
          .ifPresent(rows::add);
    }
    rows.sort(Comparator.comparing(AdminApi.ServerRow::listenUri));
    return rows;
  }

  private List<ServerFolder> keptFolders() {
    try {
      return environment.data().listServers();
    } catch (IOException e) {
      LOG.warn("stopped servers can't be listed", e);
      return List.of();
    }
  }

  /** A server that nobody serves, but for those that are gone but for their folder. */
  private void addKept(List<AdminApi.ServerRow> rows, ServerFolder folder) {
    try {
      ServerFile file = ServerFile.read(folder);
      boolean isKept = file.state() == ServerState.STOPPING || file.state() == ServerState.SERVING;
      if (isKept
          && environment.data().server(file.listenUri()).equals(folder)
          && roster.find(file.listenUri()).isEmpty()) {
        add(rows, folder, file, Optional.empty());
      }
    } catch (IOException e) {
      LOG.debug("{} is unreadable, or removed while it is listed", folder.name(), e);
    }
  }

  private void add(
      List<AdminApi.ServerRow> rows,
      ServerFolder folder,
      ServerFile file,
      Optional<ServerRunner> runner) {
    Optional<Spool> spool = runner.flatMap(ServerRunner::spool);
    try {
      long spoolBytes =
          spool.isPresent()
              ? spool.get().diskBytes()
              : environment.store().diskBytes(folder.path());
      rows.add(row(file, runner, spool, Backlog.of(spool, folder), spoolBytes));
    } catch (IOException e) {
      LOG.warn("the marks of {} can't be read; it is not listed", file.listenUri(), e);
    }
  }

  private AdminApi.ServerRow row(
      ServerFile file,
      Optional<ServerRunner> runner,
      Optional<Spool> spool,
      Backlog backlog,
      long spoolBytes) {
    WriterView view = environment.writerView();
    Optional<PipelineStatus> now = view.pipeline(file.spoolId());
    long quarantinedRows =
        now.map(PipelineStatus::quarantinedRowsTotal).orElse(backlog.quarantinedRows());
    long committedRows =
        now.map(PipelineStatus::committedRowsTotal)
            .orElse(Math.max(0, backlog.committed().rows() - quarantinedRows));
    long totalRows = Math.max(backlog.durable().rows(), committedRows + quarantinedRows);
    ListenUri uri = file.listenUri();
    ServerConfig config = file.config();
    OptionalLong oldestAge =
        spool
            .map(opened -> opened.oldestUncommittedAgeMillis(environment.clock()))
            .orElse(OptionalLong.empty());
    Optional<Admission> admission = runner.flatMap(ServerRunner::intake).map(Intake::admission);
    return new AdminApi.ServerRow(
        uri.toString(),
        uri.listenUrl(),
        uri.host(),
        uri.port(),
        config.catalog().orElse(""),
        config.schema(),
        admission.map(Admission::claims).orElse(0L),
        runner.map(one -> one.counts().total()).orElse(0L),
        totalRows,
        totalRows - committedRows - quarantinedRows,
        admission.map(Admission::payloadBytes).orElse(0L) + backlog.bytes(),
        now.map(PipelineStatus::bufferedBytes).orElse(0L),
        config.sealTargetBytes().bytes(),
        config.sealMaxAge().toMillis(),
        oldestAge.isPresent() ? (Long) oldestAge.getAsLong() : null,
        now.isPresent() ? now.get().lastSealAgeMs() : null,
        now.map(PipelineStatus::sealsTotal).orElse(0L),
        committedRows,
        now.map(PipelineStatus::sealFailuresTotal).orElse(0L),
        runner.map(ServerRunner::isListening).orElse(false),
        lastError(runner, now),
        now.isPresent() ? now.get().sealLastError() : null,
        now.map(PipelineStatus::maintenanceRunsTotal).orElse(0L),
        now.map(PipelineStatus::maintenanceFailuresTotal).orElse(0L),
        now.isPresent() ? now.get().lastMaintenanceAgeMs() : null,
        now.isPresent() ? now.get().maintenanceLastError() : null,
        now.map(PipelineStatus::promotedColumnsTotal).orElse(0L),
        file.spoolId(),
        spoolBytes,
        backlog.head().next().toString(),
        backlog.durable().next().toString(),
        now.map(PipelineStatus::committedIndex).orElse(backlog.committed().next().toString()),
        quarantinedRows,
        view.isConnected());
  }

  /** What keeps it from listening, else what keeps its rows from the target. */
  private static @Nullable String lastError(
      Optional<ServerRunner> runner, Optional<PipelineStatus> pipeline) {
    if (runner.isEmpty()) {
      return "stopped; its spool is kept until everything in it is committed";
    }
    if (!runner.get().lastError().isEmpty()) {
      return runner.get().lastError();
    }
    return pipeline.isPresent() ? pipeline.get().lastError() : null;
  }
}
