package io.duckspool.common.server;

import io.duckspool.common.config.DuckspoolConfig;
import io.duckspool.common.config.ServerConfig;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The Parquet roots that servers have or may get: who reads them must know them early. */
public final class KnownParquetRoots {

  private static final Logger LOG = LoggerFactory.getLogger(KnownParquetRoots.class);

  private KnownParquetRoots() {}

  /** Those of declared servers, and of all in the data folder, stopped ones that drain, too. */
  public static SortedSet<String> of(DuckspoolConfig config) throws IOException {
    SortedSet<String> roots = new TreeSet<>();
    config.servers().forEach(server -> add(server, roots));
    DataFolder data = new DataFolder(config.data());
    List<ServerFolder> folders = new ArrayList<>(data.listServers());
    folders.addAll(data.listGone());
    for (ServerFolder folder : folders) {
      try {
        add(ServerFile.read(folder).config(), roots);
      } catch (IOException e) {
        // Its server can't be looked after either, which is logged again and again then.
        LOG.warn("{}: the server file can't be read", folder.path(), e);
      }
    }
    return roots;
  }

  private static void add(ServerConfig server, SortedSet<String> roots) {
    server.parquetExportPath().ifPresent(roots::add);
  }
}
