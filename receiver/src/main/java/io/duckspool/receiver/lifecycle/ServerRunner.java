package io.duckspool.receiver.lifecycle;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.AdminException;
import io.duckspool.common.admin.ListenUri;
import io.duckspool.common.fault.CrashPoint;
import io.duckspool.common.server.AtomicFile;
import io.duckspool.common.server.ServerFile;
import io.duckspool.common.server.ServerFolder;
import io.duckspool.common.server.ServerState;
import io.duckspool.receiver.http.BoundPort;
import io.duckspool.receiver.http.RequestCounts;
import io.duckspool.spool.Spool;
import io.duckspool.spool.SpoolException;
import io.duckspool.spool.SpoolFullException;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One server on its way from a folder to a bound socket, and back.
 *
 * <pre>
 * new:         server.json (preparing) -> spool -> writer makes the target -> serving -> socket
 * remembered:                             spool ------------------------------------> socket
 * </pre>
 *
 * <p>Its own thread takes the steps, repeats those that fail with backoff, and watches the socket
 * from then on; a call that makes a server takes them itself, once, and starts the thread after.
 * {@link #close} and {@link #stop} come from one thread at a time and end that thread first.
 *
 * <p>If the process dies here, a server in state preparing is prepared again where it is declared,
 * and removed where it is not; nothing was acked. One in state serving serves again.
 */
final class ServerRunner implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(ServerRunner.class);

  /** Checking and making a target may take a remote catalog some time (a guess). */
  private static final Duration PREPARE_TIMEOUT = Duration.ofSeconds(60);

  /** How long replies may take to be written once nothing more is appended (a guess). */
  private static final Duration REPLY_TIMEOUT = Duration.ofSeconds(2);

  /** How long the end of the process waits for requests that were admitted (a guess). */
  private static final Duration IN_FLIGHT_TIMEOUT = Duration.ofSeconds(10);

  /** What a body may take beyond its own timeout: its parse and its sync (a guess). */
  private static final Duration AFTER_BODY = Duration.ofSeconds(5);

  private static final long WATCH_MILLIS = 1_000;

  private final Environment environment;
  private final SpoolOpener opener;
  private final ServerFolder folder;
  private final ListenUri uri;
  private final Optional<String> refusal;
  private final Thread thread;
  private final CountDownLatch closing = new CountDownLatch(1);
  private final RequestCounts counts = new RequestCounts();
  private volatile ServerFile file;
  private volatile @Nullable Spool spool;
  private volatile @Nullable Intake intake;
  private volatile String lastError;
  private volatile boolean isTargetRefused;

  /**
   * Makes a runner of a server whose file is written.
   *
   * @param file as it stands in the folder; preparing or serving
   */
  ServerRunner(Environment environment, ServerFolder folder, ServerFile file) {
    this(environment, folder, file, Optional.empty());
  }

  /**
   * Makes a runner of a server that must not serve until it is stopped.
   *
   * @param reason why, and the way out
   */
  static ServerRunner refused(
      Environment environment, ServerFolder folder, ServerFile file, String reason) {
    return new ServerRunner(environment, folder, file, Optional.of(reason));
  }

  private ServerRunner(
      Environment environment, ServerFolder folder, ServerFile file, Optional<String> refusal) {
    this.environment = environment;
    this.opener = new SpoolOpener(environment);
    this.folder = folder;
    this.file = file;
    this.uri = file.listenUri();
    this.refusal = refusal;
    this.lastError = refusal.orElse("");
    this.isTargetRefused = refusal.isPresent();
    this.thread = new Thread(this::run, "server-" + folder.name());
    thread.setDaemon(true);
  }

  /** Starts the thread, which does what is left to do. */
  void start() {
    if (refusal.isEmpty()) {
      thread.start();
    }
  }

  ListenUri uri() {
    return uri;
  }

  ServerFolder folder() {
    return folder;
  }

  /** As it stands in the folder. */
  ServerFile file() {
    return file;
  }

  /** Empty before it was opened; closed at the end. */
  Optional<Spool> spool() {
    return Optional.ofNullable(spool);
  }

  /** Empty before it listens. */
  Optional<Intake> intake() {
    return Optional.ofNullable(intake);
  }

  RequestCounts counts() {
    return counts;
  }

  boolean isListening() {
    Intake current = intake;
    return current != null && current.isOpen();
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
            isTargetRefused,
            environment.writerView().pipeline(file.spoolId()),
            current == null
                ? OptionalLong.empty()
                : current.oldestUncommittedAgeMillis(environment.clock()),
            file.config().sealMaxAge())
        .degradation();
  }

  /** Nobody listens on the writer's control port. */
  static final class WriterAway extends IOException {
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
      while (true) {
        long waitMillis = WATCH_MILLIS;
        if (isListening() || advanceOrReport()) {
          backoff = new Backoff();
        } else {
          waitMillis = backoff.next().toMillis();
        }
        if (closing.await(waitMillis, TimeUnit.MILLISECONDS)) {
          return;
        }
      }
    } catch (InterruptedException e) {
      // Only stop() and close() interrupt, and they wait for this thread to end.
      Thread.currentThread().interrupt();
    }
  }

  /** True when nothing is left to do. */
  private boolean advanceOrReport() throws InterruptedException {
    try {
      closeFallen();
      advance();
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
        LOG.warn("{} doesn't listen, it is tried again: {}", uri, error, e);
        lastError = error;
      }
      return false;
    }
  }

  private void closeFallen() {
    if (intake != null) {
      lastError = "a listening socket fell";
      LOG.warn("{}: {}, it is bound again", uri, lastError);
      closeIntake();
    }
  }

  /** Takes the steps that are left; each is safe to repeat. */
  private void advance() throws IOException, SpoolException, AdminException, InterruptedException {
    prepare();
    listen(BoundPort.bind(uri.host(), uri.port()));
  }

  /**
   * Opens the spool, and has the writer make the target of a server that was never served. Blocks
   * for disk and writer; safe to repeat.
   *
   * @throws WriterAway nobody listens on the writer's control port: it was asked nothing
   */
  void prepare() throws IOException, SpoolException, AdminException, InterruptedException {
    Spool opened = openSpool();
    if (file.state() == ServerState.PREPARING) {
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
    writeToken();
  }

  private Spool openSpool() throws IOException, SpoolException, InterruptedException {
    Spool opened = spool;
    if (opened == null) {
      opened = opener.open(folder, file);
      spool = opened;
    }
    return opened;
  }

  private void makeTarget() throws IOException, AdminException, InterruptedException {
    try {
      environment
          .writer()
          .prepare(new AdminApi.Prepare(folder.name(), file.spoolId()), PREPARE_TIMEOUT);
      isTargetRefused = false;
    } catch (ConnectException e) {
      throw new WriterAway(
          "the writer doesn't answer on " + environment.config().writer().control(), e);
    } catch (AdminException e) {
      isTargetRefused = WriterErrors.isRefusal(e);
      throw e;
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
    } else {
      Files.deleteIfExists(folder.tokenFile());
    }
  }

  /**
   * Takes requests from now on; the spool is open.
   *
   * @param port owned by this from now on, also after a failure
   */
  void listen(BoundPort port) throws IOException {
    Spool opened = spool;
    if (opened == null) {
      port.close();
      throw new IllegalStateException("the spool of " + uri + " is not open");
    }
    intake = Intake.open(environment, file.config(), opened, counts, port, this::degradation);
    lastError = "";
    LOG.info("{} listens on {}", uri, uri.listenUrl());
  }

  /** Admits nothing more; what was admitted goes on. */
  void reject() {
    closing.countDown();
    Intake current = intake;
    if (current != null) {
      current.admission().stop();
    }
  }

  /**
   * Stops the server for good: what was accepted is the writer's to commit, and so is the server
   * file from now on. Blocks until admitted requests were replied to, or a time.
   *
   * @param notices tells the writer
   * @param timeout bounds the wait for admitted requests
   */
  void stop(StopNotices notices, Duration timeout) throws IOException {
    Duration longest = environment.config().receiver().bodyTimeout().plus(AFTER_BODY);
    reject();
    awaitReplies(timeout.compareTo(longest) < 0 ? timeout : longest);
    if (spool == null && file.state() == ServerState.SERVING) {
      makeEndDurable();
    }
    // The spool first: nothing may be appended once the writer may see where it ends.
    closeSpool();
    awaitIdle(REPLY_TIMEOUT);
    CrashPoint.STOP_SPOOL_CLOSED.reached();
    if (file.state() == ServerState.PREPARING) {
      NeverServed.remove(folder, file);
    } else {
      remember(file.with(ServerState.STOPPING));
      CrashPoint.STOP_REMEMBERED.reached();
      tell(notices);
    }
    closeIntake();
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
    if (file.state() == ServerState.PREPARING) {
      NeverServed.remove(folder, file);
      return;
    }
    makeEndDurable();
    closeSpool();
    remember(file.with(ServerState.STOPPING));
    tell(notices);
  }

  /** Opens the spool, which looks for entries behind the mark that a crash has left behind. */
  private void makeEndDurable() throws IOException {
    try {
      Spool unused = openSpool();
    } catch (SpoolException e) {
      throw new IOException(uri + " can't be stopped: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(uri + " can't be stopped: interrupted", e);
    }
  }

  /**
   * Takes back a server that nobody has been told of.
   *
   * @param isTargetMade whether the writer may have made its ledger
   */
  void abandon(boolean isTargetMade) throws IOException {
    closeIntake();
    closeSpool();
    CrashPoint.SERVE_TAKEN_BACK.reached();
    if (isTargetMade) {
      NeverServed.leaveToWriter(folder, file);
    } else {
      NeverServed.delete(folder);
    }
  }

  /** Gives back a kept spool that could not be served. */
  void giveBack(StopNotices notices) throws IOException {
    closeIntake();
    closeSpool();
    remember(file.with(ServerState.STOPPING));
    tell(notices);
  }

  /** Ends the server until the next start; blocks as {@link #stop}. */
  @Override
  public void close() {
    reject();
    awaitReplies(IN_FLIGHT_TIMEOUT);
    closeIntake();
    closeSpool();
  }

  private void awaitReplies(Duration timeout) {
    try {
      thread.interrupt();
      thread.join();
      awaitIdle(timeout);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void awaitIdle(Duration timeout) {
    try {
      Intake current = intake;
      if (current != null && !current.admission().awaitIdle(timeout)) {
        LOG.warn("{}: {} requests are cut off", uri, current.admission().claims());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void closeIntake() {
    Intake current = intake;
    intake = null;
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
