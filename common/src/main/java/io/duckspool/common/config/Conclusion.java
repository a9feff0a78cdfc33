package io.duckspool.common.config;

import io.duckspool.common.config.ConfigLoader.Role;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Works out the defaults that depend on something, and checks the rules that join several keys: the
 * one place for both. Used once, by the thread that loads.
 */
final class Conclusion {
  private static final Object[] NOWHERE = {};
  private static final DataSize MIN_DISK_RESERVE = DataSize.ofGibibytes(1);
  private static final DataSize MIN_MEMORY_LIMIT = DataSize.ofMebibytes(128);

  private final Values values;
  private final Machine machine;
  private final Role role;

  Conclusion(Values values, Machine machine, Role role) {
    this.values = values;
    this.machine = machine;
    this.role = role;
  }

  DuckspoolConfig conclude() {
    values.refuseUnknownKeys();
    Path data = values.path(ConfigKeys.DATA, Path.of("data").toAbsolutePath().normalize());
    Map<String, SecretConfig> secrets = new SecretSection(values).conclude();
    Map<String, CatalogConfig> catalogs = new CatalogSection(values, secrets).conclude();
    ReceiverConfig receiver = receiver();
    List<ServerConfig> servers =
        new ServerSection(values, machine, catalogs, inFlightBound(receiver)).conclude();
    DuckDbConfig duckdb = duckdb(data);
    DuckspoolConfig config =
        new DuckspoolConfig(
            data,
            receiver,
            writer(duckdb, receiver),
            control(data, receiver),
            spool(data, duckdb, servers),
            duckdb,
            servers,
            catalogs,
            secrets,
            log());
    leaveOutDefaultsOfOthers();
    return config;
  }

  /** These depend on the heap of one process. */
  private void leaveOutDefaultsOfOthers() {
    if (role != Role.RECEIVER) {
      values.leaveOutDefault(ConfigKeys.RECEIVER_MAX_IN_FLIGHT_BYTES);
    }
    if (role != Role.WRITER) {
      values.leaveOutDefault(ConfigKeys.DUCKDB_MEMORY_LIMIT);
      if (!values.isGiven(ConfigKeys.DUCKDB_MEMORY_LIMIT)) {
        values.leaveOutDefault(ConfigKeys.WRITER_MAX_BATCH_BYTES);
      }
    }
  }

  private ReceiverConfig receiver() {
    return new ReceiverConfig(
        values.get(ConfigKeys.RECEIVER_CONTROL, HostPort.parse("127.0.0.1:4319")),
        values.get(
            ConfigKeys.RECEIVER_MAX_IN_FLIGHT_BYTES,
            DataSize.ofBytes(machine.maxHeapBytes()).dividedBy(4)),
        values.get(ConfigKeys.RECEIVER_MAX_REQUEST_ROWS, 1_000_000),
        values.get(ConfigKeys.RECEIVER_MAX_EXPANDED_BYTES, DataSize.ofGibibytes(1)),
        values.get(ConfigKeys.RECEIVER_BODY_TIMEOUT, DurationText.parse("30s")),
        values.get(ConfigKeys.RECEIVER_MAX_CONNECTIONS, 10_000));
  }

  /** Empty when it depends on the heap of another process than this one. */
  private Optional<DataSize> inFlightBound(ReceiverConfig receiver) {
    return role == Role.RECEIVER || values.isGiven(ConfigKeys.RECEIVER_MAX_IN_FLIGHT_BYTES)
        ? Optional.of(receiver.maxInFlightBytes())
        : Optional.empty();
  }

  private WriterConfig writer(DuckDbConfig duckdb, ReceiverConfig receiver) {
    HostPort control = values.get(ConfigKeys.WRITER_CONTROL, HostPort.parse("127.0.0.1:4320"));
    if (control.equals(receiver.control())) {
      values.problem(
          ConfigKeys.WRITER_CONTROL, NOWHERE, "is " + control + ", as receiver.control is, too");
    }
    return new WriterConfig(
        control,
        values.get(ConfigKeys.WRITER_MAX_BATCH_BYTES, duckdb.memoryLimit().dividedBy(4)),
        values.get(ConfigKeys.WRITER_MAX_BATCH_ROWS, 500_000),
        values.find(ConfigKeys.WRITER_PROVENANCE));
  }

  private ControlConfig control(Path data, ReceiverConfig receiver) {
    boolean allowOther = values.get(ConfigKeys.CONTROL_ALLOW_OTHER_HOSTNAME, false);
    if (!allowOther) {
      refuseOtherHost(ConfigKeys.RECEIVER_CONTROL, receiver.control());
      values
          .find(ConfigKeys.WRITER_CONTROL)
          .ifPresent(control -> refuseOtherHost(ConfigKeys.WRITER_CONTROL, control));
    }
    return new ControlConfig(
        values.path(ConfigKeys.CONTROL_TOKEN_FILE, data.resolve("control.token")), allowOther);
  }

  private void refuseOtherHost(ConfigKey<?> key, HostPort control) {
    if (!control.isLoopback()) {
      values.problem(
          key,
          NOWHERE,
          "listens on "
              + control.host()
              + ", which is not loopback: that needs control.allow_other_hostname: true");
    }
  }

  private SpoolConfig spool(Path data, DuckDbConfig duckdb, List<ServerConfig> servers) {
    DataSize twiceLargestEntry =
        servers.stream()
            .map(server -> DataSize.ofBytes(2 * server.maxBodyBytes().bytes()))
            .reduce(DataSize::max)
            .orElse(DataSize.ofBytes(2 * ServerSection.MAX_BODY_BYTES.bytes()));
    Optional<DataSize> given = values.find(ConfigKeys.SPOOL_DISK_RESERVE);
    if (given.isPresent() && given.get().compareTo(twiceLargestEntry) < 0) {
      values.problem(
          ConfigKeys.SPOOL_DISK_RESERVE,
          NOWHERE,
          "must be at least twice the largest max_body_bytes, "
              + twiceLargestEntry
              + ", got "
              + given.get());
    }
    DataSize reserve =
        given.orElseGet(() -> defaultReserve(data, duckdb, servers).max(twiceLargestEntry));
    values.conclude(ConfigKeys.SPOOL_DISK_RESERVE, reserve.toString());
    return new SpoolConfig(
        values.get(ConfigKeys.SPOOL_SYNC, SpoolConfig.Sync.GROUP),
        values.get(ConfigKeys.SPOOL_SEGMENT_BYTES, DataSize.ofMebibytes(512)),
        values.get(ConfigKeys.SPOOL_SEGMENT_AGE, DurationText.parse("60s")),
        reserve);
  }

  /** What fills the spool's disk beside the spool needs room for a seal, several times over. */
  private static DataSize defaultReserve(
      Path data, DuckDbConfig duckdb, List<ServerConfig> servers) {
    boolean shared =
        sharesFileSystem(data, duckdb.tempDirectory())
            || (!duckdb.isInMemory() && sharesFileSystem(data, Path.of(duckdb.database())));
    if (!shared) {
      return MIN_DISK_RESERVE;
    }
    DataSize sealTarget =
        servers.stream()
            .map(ServerConfig::sealTargetBytes)
            .reduce(DataSize::max)
            .orElse(ServerSection.SEAL_TARGET_BYTES);
    return MIN_DISK_RESERVE.max(times4(sealTarget));
  }

  private static DataSize times4(DataSize size) {
    return size.bytes() > Long.MAX_VALUE / 4 ? size : DataSize.ofBytes(4 * size.bytes());
  }

  /** When the file system can't say, they count as sharing: the larger reserve is the safe one. */
  private static boolean sharesFileSystem(Path left, Path right) {
    try {
      FileStore store = storeOf(left);
      return store == null || store.equals(storeOf(right));
    } catch (IOException e) {
      return true;
    }
  }

  private static @Nullable FileStore storeOf(Path path) throws IOException {
    for (Path existing = path; existing != null; existing = existing.getParent()) {
      if (Files.exists(existing)) {
        return Files.getFileStore(existing);
      }
    }
    return null;
  }

  private DuckDbConfig duckdb(Path data) {
    String database =
        values
            .find(ConfigKeys.DUCKDB_DATABASE)
            .filter(DuckDbConfig.IN_MEMORY::equals)
            .orElseGet(
                () ->
                    values
                        .path(ConfigKeys.DUCKDB_DATABASE, data.resolve("otlp.duckdb"))
                        .toString());
    values.conclude(ConfigKeys.DUCKDB_DATABASE, database);
    DataSize besideHeap =
        DataSize.ofBytes(Math.max(0, machine.memoryBytes() - machine.maxHeapBytes()));
    return new DuckDbConfig(
        database,
        values.path(ConfigKeys.DUCKDB_EXTENSION_DIRECTORY, data.resolve("extensions")),
        values.get(ConfigKeys.DUCKDB_INSTALL_EXTENSIONS, true),
        values.get(ConfigKeys.DUCKDB_MEMORY_LIMIT, besideHeap.dividedBy(2).max(MIN_MEMORY_LIMIT)),
        values.get(ConfigKeys.DUCKDB_THREADS, machine.cores()),
        values.path(ConfigKeys.DUCKDB_TEMP_DIRECTORY, data.resolve("tmp")),
        values.find(ConfigKeys.DUCKDB_INIT_SQL));
  }

  private LogConfig log() {
    return new LogConfig(
        values.get(ConfigKeys.LOG_FORMAT, LogConfig.Format.TEXT),
        values.get(ConfigKeys.LOG_LEVEL, LogConfig.Level.INFO));
  }
}
