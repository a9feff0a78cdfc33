package io.duckspool.writer.sink;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.SortedMap;
import org.duckdb.DuckDBConnection;
import org.duckdb.DuckDBDriver;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One opening of the writer's databases: extensions loaded, secrets made, catalogs attached, and
 * then confined for good. It lives as long as a connection to it is open. Immutable; closed by the
 * {@link DuckDbDatabase} that opened it.
 *
 * @param root the first connection, of which the others are duplicates
 * @param spill where it spills
 * @param unattached why some of the declared catalogs are not attached, by name
 */
record DuckDbInstance(
    DuckDBConnection root, SpillFolder spill, SortedMap<String, String> unattached) {

  private static final Logger LOG = LoggerFactory.getLogger(DuckDbInstance.class);

  /**
   * Size of the write-ahead log at which a commit checkpoints, at most, and as a share of the
   * memory limit: what isn't checkpointed stays in memory. Measured with 100,000 rows a seal: at
   * DuckDB's own 16 MiB each seal checkpoints, at a third of the throughput of 1 GiB; more log
   * means a longer replay after a crash.
   */
  private static final long MAX_CHECKPOINT_BYTES = 256L << 20;

  private static final int CHECKPOINT_SHARE = 4;

  /** Days that a seal into Parquet files may spread over before one has two files (a guess). */
  private static final String MAX_OPEN_PARTITIONS = "1000";

  /**
   * Property of the JVM, of tests alone, which open databases all the time: DuckDB checks the
   * signature of each extension again at each opening. Measured, 1 to 3 s for those of an Iceberg
   * catalog.
   */
  private static final String UNSIGNED = "duckspool.test.unsigned.extensions";

  /** Enough to attach a catalog, which holds no data. */
  private static final long PROBE_MEMORY_BYTES = 128L << 20;

  /**
   * Opens the default database and what is declared beside it.
   *
   * @throws SQLException the default database, an extension, a secret or a DuckDB file can't be had
   */
  static DuckDbInstance open(DuckDbSettings settings, boolean readOnly) throws SQLException {
    SpillFolder spill = createSpillFolder(settings);
    DuckDBConnection root;
    try {
      root = connect(settings, spill, readOnly);
    } catch (SQLException e) {
      spill.close();
      throw e;
    }
    spill.removeOthers();
    try {
      return new DuckDbInstance(root, spill, setUp(root, spill, settings, readOnly));
    } catch (SQLException e) {
      close(root);
      spill.close();
      throw e;
    }
  }

  /**
   * Tries to attach one catalog, in an instance in memory that ends with the attempt.
   *
   * @throws SQLException why it can't be attached
   */
  static void probe(DuckDbSettings settings, String catalog) throws SQLException {
    DuckDbSettings alone =
        new DuckDbSettings(
            Optional.empty(),
            PROBE_MEMORY_BYTES,
            1,
            settings.tempDirectory(),
            settings.extensionDirectory(),
            settings.installExtensions(),
            settings.initSql(),
            settings.declared().only(catalog),
            ParquetSettings.NONE);
    DuckDbInstance instance = open(alone, false);
    instance.close();
    if (!instance.unattached.isEmpty()) {
      throw new SQLException(instance.unattached.get(catalog));
    }
  }

  /** Closes the root connection; idempotent. The instance ends with its last connection. */
  void close() {
    close(root);
    spill.close();
  }

  /**
   * Ends what is open on a connection, then closes it. Closing alone would do that, too, but not
   * where it fails: measured, a lake whose PostgreSQL has gone can't be rolled back, and DuckDB
   * ends the process for an error that closing meets.
   */
  static void close(DuckDBConnection connection) {
    try (Statement statement = connection.createStatement()) {
      statement.execute("ROLLBACK");
    } catch (SQLException e) {
      LOG.trace("a connection had nothing open, or can't roll it back", e);
    }
    try {
      connection.close();
    } catch (SQLException e) {
      LOG.warn("closing a DuckDB connection failed", e);
    }
  }

  /** What needs the files of others comes first, then the instance is confined. */
  private static SortedMap<String, String> setUp(
      DuckDBConnection root, SpillFolder spill, DuckDbSettings settings, boolean readOnly)
      throws SQLException {
    if (settings.initSql().isPresent()) {
      try (Statement statement = root.createStatement()) {
        statement.execute(settings.initSql().get());
      } catch (SQLException e) {
        throw new SQLException("duckdb.init_sql failed: " + DuckDbErrors.message(e), e);
      }
    }
    Extensions.of(settings.declared()).load(root, settings);
    Catalogs catalogs = new Catalogs(settings.declared());
    catalogs.createSecrets(root);
    SortedMap<String, String> unattached = catalogs.attach(root, readOnly);
    List<String> places = new ArrayList<>();
    places.add(spill.path().toString());
    places.addAll(catalogs.dataPlaces(root, unattached));
    settings.parquet().staging().map(Path::toString).ifPresent(places::add);
    createFolders(places);
    settings
        .parquet()
        .staging()
        .map(Path::toString)
        .map(ParquetRoots::places)
        .ifPresent(places::addAll);
    // These are not made: one that is missing may be on a disk that is not mounted yet.
    settings.parquet().roots().forEach(location -> places.addAll(ParquetRoots.places(location)));
    List<Path> files = new ArrayList<>(catalogs.files());
    settings.database().map(Path::toAbsolutePath).ifPresent(files::add);
    Confinement.apply(root, places, files);
    return unattached;
  }

  /** A folder that isn't there when the instance is confined stays out of its reach. */
  private static void createFolders(List<String> places) throws SQLException {
    for (String place : places) {
      if (place.startsWith("/")) {
        try {
          Files.createDirectories(Path.of(place));
        } catch (IOException e) {
          throw new SQLException("the folder " + place + " can't be made: " + e, e);
        }
      }
    }
  }

  private static SpillFolder createSpillFolder(DuckDbSettings settings) throws SQLException {
    try {
      return SpillFolder.create(settings);
    } catch (IOException e) {
      throw new SQLException("duckdb.temp_directory can't be used: " + e, e);
    }
  }

  private static DuckDBConnection connect(
      DuckDbSettings settings, SpillFolder spill, boolean readOnly) throws SQLException {
    String name =
        settings.database().map(file -> file.toAbsolutePath().toString()).orElse(":memory:");
    String url = "jdbc:duckdb:" + name;
    if (settings.database().isPresent()) {
      DamagedLog.refuse(settings.database().get());
    }
    Connection connection;
    try {
      connection = DriverManager.getConnection(url, properties(settings, spill.path(), readOnly));
    } catch (SQLException e) {
      if (readOnly || !TornLog.cutOff(e)) {
        throw e;
      }
      connection = DriverManager.getConnection(url, properties(settings, spill.path(), readOnly));
    }
    return connection.unwrap(DuckDBConnection.class);
  }

  /** All that must hold before the write-ahead log is replayed, so not by SET after opening. */
  private static Properties properties(DuckDbSettings settings, Path spill, boolean readOnly) {
    Properties properties = new Properties();
    properties.setProperty("memory_limit", kib(settings.memoryLimitBytes()));
    properties.setProperty("threads", Integer.toString(settings.threads()));
    properties.setProperty("temp_directory", spill.toString());
    properties.setProperty("preserve_insertion_order", "false");
    properties.setProperty("autoinstall_known_extensions", "false");
    properties.setProperty(
        "allow_unsigned_extensions", Boolean.toString(Boolean.getBoolean(UNSIGNED)));
    // Else a name that isn't found is looked for, as a similar one, in every catalog: one that is
    // away fails that, and one of Iceberg lists the tables of all its schemas.
    properties.setProperty("catalog_error_max_schemas", "0");
    properties.setProperty("partitioned_write_max_open_files", MAX_OPEN_PARTITIONS);
    // Else freed memory goes back to the system only while DuckDB allocates: measured after a
    // drain, up to 500 MiB stay resident that no buffer uses.
    properties.setProperty("allocator_background_threads", "true");
    // Else the files that maintenance of a lake has read, and removed, stay in memory: 80 MiB more
    // each five minutes, up to memory_limit (ADR 13).
    properties.setProperty("enable_external_file_cache", "false");
    properties.setProperty("checkpoint_threshold", kib(checkpointBytes(settings)));
    properties.setProperty(DuckDBDriver.JDBC_STREAM_RESULTS, "true");
    if (readOnly) {
      properties.setProperty(
          DuckDBDriver.DUCKDB_ACCESS_MODE_PROPERTY, DuckDBDriver.DUCKDB_ACCESS_MODE_READ_ONLY);
    }
    settings
        .extensionDirectory()
        .map(folder -> folder.toAbsolutePath().toString())
        .ifPresent(folder -> properties.setProperty("extension_directory", folder));
    return properties;
  }

  /** Length of a write-ahead log at which a commit checkpoints. */
  static long checkpointBytes(DuckDbSettings settings) {
    return Math.min(MAX_CHECKPOINT_BYTES, settings.memoryLimitBytes() / CHECKPOINT_SHARE);
  }

  private static String kib(long bytes) {
    return bytes / 1024 + "KiB";
  }
}
