package io.duckspool.receiver.lifecycle;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.AdminException;
import io.duckspool.common.admin.ControlToken;
import io.duckspool.common.admin.ListenUri;
import io.duckspool.common.config.DataSize;
import io.duckspool.common.config.ReceiverConfig;
import io.duckspool.common.config.ServerConfig;
import io.duckspool.common.config.ServerConfig.ResponseMode;
import io.duckspool.common.fault.CrashPoint;
import io.duckspool.common.otlp.OtlpLimits;
import io.duckspool.common.server.AtomicFile;
import io.duckspool.common.server.ServerFile;
import io.duckspool.common.server.ServerFolder;
import io.duckspool.common.server.ServerState;
import io.duckspool.receiver.control.Readiness;
import io.duckspool.receiver.http.HttpListener;
import io.duckspool.receiver.http.IngestServer;
import io.duckspool.receiver.ingest.Admission;
import io.duckspool.receiver.ingest.RequestValidator;
import io.duckspool.spool.Spool;
import io.duckspool.spool.SpoolException;
import io.duckspool.spool.SpoolFullException;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One server on its way from a folder to a bound socket, and back. Its own thread takes the steps,
 * repeats those that fail with backoff, and ends when the server listens; {@link #close} and {@link
 * #stop} come from the thread of the composition root, after that thread ended.
 *
 * <pre>
 * new:         server.json (preparing) -> spool -> writer makes the target -> serving -> socket
 * remembered:                             spool ------------------------------------> socket
 * </pre>
 *
 * <p>If the process dies here, a server in state preparing is prepared again, with the same spool
 * id; nothing was acked. One in state serving serves again.
 */
final class ServerRunner implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(ServerRunner.class);

  /** Checking and making a target may take a remote catalog some time (a guess). */
  private static final Duration PREPARE_TIMEOUT = Duration.ofSeconds(60);

  /** How long a stop waits for requests that were admitted (a guess). */
  private static final Duration IN_FLIGHT_TIMEOUT = Duration.ofSeconds(10);

  private final Environment environment;
  private final SpoolOpener opener;
  private final ServerFolder folder;
  private final ListenUri uri;
  private final Thread thread;
  private final CountDownLatch closing = new CountDownLatch(1);
  private volatile ServerFile file;
  private volatile @Nullable Spool spool;
  private volatile @Nullable Admission admission;
  private volatile @Nullable HttpListener listener;
  private volatile String lastError = "";

  /**
   * Makes a runner of a server whose file is written.
   *
   * @param file as it stands in the folder; preparing or serving
   */
  ServerRunner(Environment environment, ServerFolder folder, ServerFile file) {
    this.environment = environment;
    this.opener = new SpoolOpener(environment);
    this.folder = folder;
    this.file = file;
    this.uri = file.listenUri();
    this.thread = new Thread(this::run, "server-" + folder.name());
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  ListenUri uri() {
    return uri;
  }

  boolean isDeclared() {
    return file.declared();
  }

  boolean isListening() {
    return listener != null;
  }

  boolean isPoisoned() {
    Spool current = spool;
    return current != null && current.isPoisoned();
  }

  /** Why it doesn't listen; empty before the first failure and after a success. */
  String lastError() {
    return lastError;
  }

  /** Whether requests reach the target, and if not, why not. */
  Optional<String> degradation() {
    Spool current = spool;
    return new Readiness(
            isListening(),
            isPoisoned(),
            current == null || hasRoom(current),
            environment.writerView().isConnected(),
            environment.writerView().pipeline(file.spoolId()),
            current == null
                ? OptionalLong.empty()
                : current.oldestUncommittedAgeMillis(environment.clock()),
            file.config().sealMaxAge())
        .degradation();
  }

  /** Nobody listens on the writer's control port. */
  private static final class WriterAway extends IOException {
    private static final long serialVersionUID = 1L;

    WriterAway(String message, ConnectException cause) {
      super(message, cause);
    }
  }

  private static boolean hasRoom(Spool spool) {
    try {
      spool.checkRoom(0);
      return true;
    } catch (SpoolFullException e) {
      return false;
    }
  }

  private void run() {
    Backoff backoff = new Backoff();
    try {
      while (!advanceOrReport()) {
        if (closing.await(backoff.next().toMillis(), TimeUnit.MILLISECONDS)) {
          return;
        }
      }
    } catch (InterruptedException e) {
      // Only close() interrupts, and it waits for this thread to end.
      Thread.currentThread().interrupt();
    }
  }

  /** True when nothing is left to do. */
  private boolean advanceOrReport() throws InterruptedException {
    try {
      advance();
      lastError = "";
      return true;
    } catch (WriterAway e) {
      // No failure while both processes start.
      if (!lastError.equals(e.getMessage())) {
        lastError = String.valueOf(e.getMessage());
        LOG.info("{} waits: {}", uri, lastError);
      }
      return false;
    } catch (IOException | SpoolException | AdminException | RuntimeException e) {
      String error = String.valueOf(e.getMessage());
      if (!error.equals(lastError)) {
        LOG.warn("{} doesn't listen yet, it is tried again: {}", uri, error, e);
        lastError = error;
      }
      return false;
    }
  }

  /** Takes the steps that are left; each is safe to repeat. */
  private void advance() throws IOException, SpoolException, AdminException, InterruptedException {
    Spool opened = openSpool();
    if (file.state() == ServerState.PREPARING) {
      prepare(opened);
    }
    writeToken();
    listen(opened);
  }

  private Spool openSpool() throws IOException, SpoolException, InterruptedException {
    Spool opened = spool;
    if (opened == null) {
      opened = opener.open(folder, file);
      spool = opened;
    }
    return opened;
  }

  private void prepare(Spool opened) throws IOException, AdminException, InterruptedException {
    // Nothing was acked yet: the ledger begins where this run does.
    remember(
        new ServerFile(
            ServerState.PREPARING,
            file.spoolId(),
            opened.firstIndex().toLong(),
            opened.runId(),
            file.createdAt(),
            file.declared(),
            file.config()));
    CrashPoint.SERVER_SPOOL_MADE.reached();
    makeTarget();
    CrashPoint.SERVER_TARGET_MADE.reached();
    remember(file.with(ServerState.SERVING));
  }

  private void makeTarget() throws IOException, AdminException, InterruptedException {
    try {
      environment
          .writer()
          .prepare(new AdminApi.Prepare(folder.name(), file.spoolId()), PREPARE_TIMEOUT);
    } catch (ConnectException e) {
      throw new WriterAway(
          "the writer doesn't answer on " + environment.config().writer().control(), e);
    }
  }

  private void remember(ServerFile next) throws IOException {
    next.write(folder);
    file = next;
  }

  private void writeToken() throws IOException {
    if (file.config().token().isPresent()) {
      byte[] line = (file.config().token().get().reveal() + "\n").getBytes(StandardCharsets.UTF_8);
      AtomicFile.replace(folder.tokenFile(), line);
    }
  }

  private void listen(Spool opened) throws IOException {
    ServerConfig config = file.config();
    ReceiverConfig limits = environment.config().receiver();
    Admission admitting =
        new Admission(
            environment.services().memory(),
            opened,
            config
                .maxBufferedBytes()
                .map(DataSize::bytes)
                .map(OptionalLong::of)
                .orElse(OptionalLong.empty()),
            environment.ticker());
    RequestValidator validator =
        new RequestValidator(
            new OtlpLimits(
                OtlpLimits.MAX_NESTING, limits.maxRequestRows(), limits.maxExpandedBytes().bytes()),
            Math.toIntExact(config.maxBodyBytes().bytes()),
            Runtime.getRuntime().availableProcessors());
    admission = admitting;
    listener =
        HttpListener.open(
            environment.services(),
            new IngestServer(
                uri,
                config.httpThreads(),
                config.maxBodyBytes().bytes(),
                config.responseMode() == ResponseMode.OTLP,
                config.token().map(secret -> ControlToken.of(secret.reveal())),
                admitting,
                validator,
                opened),
            this::degradation);
    LOG.info("{} listens on {}", uri, uri.listenUrl());
  }

  /** Admits nothing more; what was admitted goes on. */
  void reject() {
    closing.countDown();
    Admission current = admission;
    if (current != null) {
      current.stop();
    }
  }

  /**
   * Stops the server for good: what was accepted is the writer's to commit, and so is the server
   * file from now on. Blocks until admitted requests were replied to, or a time.
   *
   * @param notices tells the writer
   */
  void stop(StopNotices notices) throws IOException {
    reject();
    awaitReplies();
    // The spool first: nothing may be appended once the writer may see where it ends.
    closeSpool();
    remember(file.with(ServerState.STOPPING));
    tell(notices);
    closeListener();
    LOG.info("{} stopped; what it accepted is still being committed", uri);
  }

  private void tell(StopNotices notices) {
    Spool closed = spool;
    if (closed == null) {
      notices.add(folder, file);
    } else {
      notices.add(folder, file, closed.durable().next());
    }
  }

  /** Finishes a stop that was begun before the process died; the thread isn't started. */
  void finishStop(StopNotices notices) throws IOException {
    try {
      // Opening the spool makes the end that the crash left behind durable.
      openSpool().close();
      remember(file.with(ServerState.STOPPING));
      tell(notices);
    } catch (SpoolException e) {
      throw new IOException(uri + " can't be stopped: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Ends the server until the next start; blocks as {@link #stop}. */
  @Override
  public void close() {
    reject();
    awaitReplies();
    closeListener();
    closeSpool();
  }

  private void awaitReplies() {
    try {
      thread.interrupt();
      thread.join();
      Admission current = admission;
      if (current != null && !current.awaitIdle(IN_FLIGHT_TIMEOUT)) {
        LOG.warn("{}: {} requests are cut off", uri, current.claims());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void closeListener() {
    HttpListener current = listener;
    listener = null;
    if (current != null) {
      current.close();
    }
  }

  private void closeSpool() {
    Spool current = spool;
    if (current != null) {
      current.close();
    }
  }
}
