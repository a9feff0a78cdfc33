package io.duckspool.receiver;

import io.duckspool.common.admin.AdminClient;
import io.duckspool.common.admin.ControlGuard;
import io.duckspool.common.admin.ControlToken;
import io.duckspool.common.config.ConfigLoader;
import io.duckspool.common.config.DuckspoolConfig;
import io.duckspool.common.config.HostPort;
import io.duckspool.common.config.Machine;
import io.duckspool.common.config.ServerParameters;
import io.duckspool.common.metrics.MetricsPage;
import io.duckspool.common.process.ServiceProcess;
import io.duckspool.common.server.DataFolder;
import io.duckspool.common.server.ProcessLock;
import io.duckspool.receiver.control.ControlPort;
import io.duckspool.receiver.control.ControlServices;
import io.duckspool.receiver.control.ReceiverMetrics;
import io.duckspool.receiver.http.BodyDeadlines;
import io.duckspool.receiver.http.ConnectionLimit;
import io.duckspool.receiver.http.IngestServices;
import io.duckspool.receiver.ingest.ChunkPool;
import io.duckspool.receiver.ingest.InFlightBytes;
import io.duckspool.receiver.lifecycle.Environment;
import io.duckspool.receiver.lifecycle.Servers;
import io.duckspool.receiver.lifecycle.WriterView;
import io.duckspool.spool.SpoolStore;
import io.duckspool.spool.chronicle.ChronicleSpoolStore;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The receiver process, from its parts. An export request flows through them in this order:
 *
 * <pre>
 * HttpListener   a socket for each server; Jetty's own errors in our shape
 * IngestHandler  route, token, type and encoding, announced length
 * Admission      memory, backlog, disk, poisoned, stopping
 * BodyReader     the body, without holding a thread
 * RequestValidator  inflate, parse, count
 * Spool          append, then sync
 * Replies        202
 * </pre>
 *
 * <p>Started and closed by one thread. {@link #close} is graceful: new requests get 503, admitted
 * ones their reply, then sockets, spools and the lock are closed; the servers stay remembered.
 */
public final class Receiver implements ServiceProcess.Running {

  private static final Logger LOG = LoggerFactory.getLogger(Receiver.class);

  /** Part of the body memory that is kept as spare chunks (a guess). */
  private static final int CHUNK_PART = 8;

  private static final int RUN_ID_BYTES = 16;
  private static final long WATCH_MILLIS = 1_000;

  private final Deque<AutoCloseable> parts = new ArrayDeque<>();
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile boolean isPoisoned;

  private Receiver() {}

  /**
   * Starts the process's work on a configured data folder. Returns before the servers listen; a new
   * one waits for the writer.
   *
   * @throws IOException when another receiver runs on the folder, or a port is taken; the message
   *     says which, and nothing is left running
   */
  public static Receiver start(ConfigLoader.Loaded loaded) throws IOException {
    InstantSource clock = InstantSource.system();
    LongSupplier ticker = System::nanoTime;
    return start(loaded, new ChronicleSpoolStore(clock, ticker), clock, ticker);
  }

  static Receiver start(
      ConfigLoader.Loaded loaded, SpoolStore store, InstantSource clock, LongSupplier ticker)
      throws IOException {
    Receiver receiver = new Receiver();
    boolean complete = false;
    try {
      receiver.open(loaded, store, clock, ticker);
      complete = true;
      return receiver;
    } finally {
      if (!complete) {
        receiver.close();
      }
    }
  }

  private void open(
      ConfigLoader.Loaded loaded, SpoolStore store, InstantSource clock, LongSupplier ticker)
      throws IOException {
    DuckspoolConfig config = loaded.config();
    DataFolder data = new DataFolder(config.data());
    data.create();
    String runId = newRunId();
    parts.push(ProcessLock.take(data.receiverLock(), "receiver", runId));
    ControlToken token = ControlToken.readOrCreate(config.control().tokenFile());

    InFlightBytes memory = new InFlightBytes(config.receiver().maxInFlightBytes().bytes());
    ChunkPool chunks = new ChunkPool(memory.maxBytes() / CHUNK_PART);
    BodyDeadlines deadlines = pushed(new BodyDeadlines(config.receiver().bodyTimeout(), ticker));
    ConnectionLimit connections = ConnectionLimit.within(config.receiver().maxConnections());
    IngestServices services = new IngestServices(memory, chunks, deadlines, connections, clock);

    AdminClient writer = new AdminClient(config.writer().control(), config.control().tokenFile());
    WriterView writerView = pushed(new WriterView(writer));
    Servers servers =
        pushed(
            new Servers(
                new Environment(
                    config, data, runId, store, writer, writerView, services, clock, ticker)));
    // Before anybody can call: a remembered server must not look like one that nobody serves.
    servers.start();
    HostPort control = config.receiver().control();
    ControlPort unused =
        pushed(
            ControlPort.open(
                control,
                new ControlGuard(token, control, config.control().allowOtherHostname()),
                deadlines,
                new ControlServices(
                    servers,
                    new ServerParameters(config, Machine.current()),
                    loaded.values(),
                    new MetricsPage(new ReceiverMetrics(servers, memory, connections)))));
    watch(servers);
    LOG.info("receiver started, data folder {}", data.root());
  }

  private <T extends AutoCloseable> T pushed(T part) {
    parts.push(part);
    return part;
  }

  private static String newRunId() {
    byte[] id = new byte[RUN_ID_BYTES];
    new SecureRandom().nextBytes(id);
    return HexFormat.of().formatHex(id);
  }

  /** A poisoned spool takes nothing until the process is started again: so it ends. */
  private void watch(Servers servers) {
    ScheduledExecutorService watcher =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "watch");
              thread.setDaemon(true);
              return thread;
            });
    parts.push(watcher::shutdownNow);
    var unused =
        watcher.scheduleWithFixedDelay(
            () -> {
              if (servers.isPoisoned() && !isPoisoned) {
                isPoisoned = true;
                LOG.error("a sync of a spool failed; the receiver ends, and has to be restarted");
                ended.countDown();
              }
            },
            WATCH_MILLIS,
            WATCH_MILLIS,
            TimeUnit.MILLISECONDS);
  }

  /**
   * Waits until the work ends.
   *
   * @return why the process has to be started again; empty after {@link #close}
   */
  @Override
  public Optional<String> awaitEnd() throws InterruptedException {
    ended.await();
    return isPoisoned ? Optional.of("a sync of a spool failed") : Optional.empty();
  }

  /** Ends the work, as the type says; safe to call twice. */
  @Override
  public synchronized void close() {
    while (!parts.isEmpty()) {
      try {
        parts.pop().close();
      } catch (Exception e) {
        LOG.error("a part of the receiver could not be closed", e);
      }
    }
    ended.countDown();
  }

  /** Runs the receiver until a signal or a failure: {@code [--config FILE] [--data DIR]}. */
  public static void main(String[] args) {
    System.exit(ServiceProcess.main("receiver", ConfigLoader.Role.RECEIVER, args, Receiver::start));
  }
}
