package io.duckspool.receiver.lifecycle;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.ListenUri;
import io.duckspool.common.server.ServerFolder;
import java.io.IOException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The row of {@code otlp_server_list} for a server whose folder can't be understood: where it
 * listened, what the marks of its spool say, and what is wrong. Pure functions of its folder.
 */
final class UnreadableRow {

  private static final Logger LOG = LoggerFactory.getLogger(UnreadableRow.class);

  private UnreadableRow() {}

  /** The row; empty where not even its spool can be looked at. */
  static Optional<AdminApi.ServerRow> of(
      ListenUri uri, UnreadableServers.Unreadable unreadable, Environment environment) {
    ServerFolder folder = unreadable.folder();
    try {
      Backlog backlog = Backlog.of(folder);
      long spoolBytes = environment.store().diskBytes(folder.path());
      return Optional.of(
          row(
              uri,
              unreadable.message(),
              backlog,
              spoolBytes,
              environment.writerView().isConnected()));
    } catch (IOException e) {
      LOG.warn("the spool of {} can't be looked at; it is not listed", uri, e);
      return Optional.empty();
    }
  }

  private static AdminApi.ServerRow row(
      ListenUri uri, String error, Backlog backlog, long spoolBytes, boolean isWriterConnected) {
    return new AdminApi.ServerRow(
        uri.toString(),
        uri.listenUrl(),
        uri.host(),
        uri.port(),
        "",
        "",
        0,
        0,
        backlog.durable().rows(),
        backlog.rows(),
        backlog.bytes(),
        0,
        0,
        0,
        null,
        null,
        0,
        Math.max(0, backlog.committed().rows() - backlog.quarantinedRows()),
        0,
        false,
        error,
        null,
        0,
        0,
        null,
        null,
        0,
        "",
        spoolBytes,
        backlog.head().next().toString(),
        backlog.durable().next().toString(),
        backlog.committed().next().toString(),
        backlog.quarantinedRows(),
        isWriterConnected);
  }
}
