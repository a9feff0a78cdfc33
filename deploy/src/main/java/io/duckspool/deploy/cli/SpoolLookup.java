package io.duckspool.deploy.cli;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.AdminException;
import io.duckspool.common.config.DuckspoolConfig;
import io.duckspool.common.process.ExitCode;
import io.duckspool.common.server.DataFolder;
import io.duckspool.common.server.ServerFile;
import io.duckspool.common.server.ServerFolder;
import io.duckspool.deploy.reconcile.SpoolState;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.writer.quarantine.QuarantineFolder;
import io.duckspool.writer.sink.Identifiers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/**
 * Finds the tables of a server, how far its spool is committed, and what of it is in quarantine: by
 * the running writer's words, or by the ledger. Used by one thread.
 */
final class SpoolLookup {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final long POLL_MILLIS = 200;

  private final DataFolder data;
  private final SqlSource source;
  private final Optional<Served> served;

  /** A server that is there. */
  private record Served(ServerFolder folder, ServerFile file) {}

  private SpoolLookup(DataFolder data, SqlSource source, Optional<Served> served) {
    this.data = data;
    this.source = source;
    this.served = served;
  }

  /** Finds the server with this URI, or the only one; a stopped one is found by nobody. */
  static SpoolLookup of(DuckspoolConfig config, Optional<String> uri, SqlSource source)
      throws CommandFailedException, IOException {
    DataFolder data = new DataFolder(config.data());
    List<Served> all = new ArrayList<>();
    for (ServerFolder folder : data.listServers()) {
      all.add(new Served(folder, ServerFile.read(folder)));
    }
    if (uri.isPresent()) {
      String wanted = ControlCall.canonical(uri.get());
      all.removeIf(one -> !one.file().config().uri().equals(wanted));
    } else if (all.size() > 1) {
      throw new CommandFailedException(
          ExitCode.USAGE,
          "there are several servers, name one with --uri: "
              + String.join(", ", all.stream().map(one -> one.file().config().uri()).toList()));
    }
    return new SpoolLookup(data, source, all.stream().findFirst());
  }

  /** What stands before the names of the tables. */
  String qualifier() {
    return served
        .map(
            one ->
                one.file()
                        .config()
                        .catalog()
                        .map(catalog -> Identifiers.quote(catalog) + ".")
                        .orElse("")
                    + Identifiers.quote(one.file().config().schema())
                    + ".")
        .orElse("");
  }

  /**
   * The state of the spool once an entry is committed, or after a time.
   *
   * @param last the entry; empty: there is none to wait for
   */
  SpoolState await(Optional<SpoolIndex> last, Duration limit)
      throws CommandFailedException, IOException, InterruptedException {
    LongSupplier nanoTime = System::nanoTime;
    long start = nanoTime.getAsLong();
    while (true) {
      Optional<SpoolIndex> committed = committed();
      boolean isBehind =
          last.isPresent()
              && committed.isPresent()
              && committed.get().compareTo(last.get()) <= 0
              && source.writer().isPresent();
      if (!isBehind || nanoTime.getAsLong() - start >= limit.toNanos()) {
        // Read after the index: what lies before it has got to a table or here by then.
        return new SpoolState(committed, quarantine());
      }
      new CountDownLatch(1).await(POLL_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  private Optional<SpoolIndex> committed()
      throws CommandFailedException, IOException, InterruptedException {
    if (served.isEmpty()) {
      return Optional.empty();
    }
    String spoolId = served.get().file().spoolId();
    if (source.writer().isEmpty()) {
      List<SpoolIndex> found = new ArrayList<>();
      source.rows(
          "SELECT next_index FROM "
              + qualifier()
              + "duckspool_ledger WHERE spool_id = "
              + Identifiers.literal(spoolId),
          row -> found.add(SpoolIndex.ofLong(row.path("next_index").asLong())));
      return found.stream().findFirst();
    }
    try {
      return source.writer().get().pipelines(TIMEOUT).stream()
          .filter(pipeline -> pipeline.spoolId().equals(spoolId))
          .map(AdminApi.PipelineStatus::committedIndex)
          .map(SpoolIndex::parse)
          .findFirst();
    } catch (AdminException e) {
      throw new CommandFailedException(ExitCode.FAILED, String.valueOf(e.getMessage()));
    }
  }

  private List<SpoolState.Range> quarantine() throws IOException {
    List<SpoolState.Range> ranges = new ArrayList<>();
    for (Path folder : quarantineFolders()) {
      QuarantineFolder.ranges(folder)
          .forEach(range -> ranges.add(new SpoolState.Range(range.first(), range.next())));
    }
    return ranges;
  }

  /** The server's own; of a stopped one what was kept of all that were stopped. */
  private List<Path> quarantineFolders() throws IOException {
    if (served.isPresent()) {
      return List.of(served.get().folder().quarantine());
    }
    if (!Files.isDirectory(data.quarantine())) {
      return List.of();
    }
    try (Stream<Path> folders = Files.list(data.quarantine())) {
      return folders.filter(Files::isDirectory).toList();
    }
  }
}
