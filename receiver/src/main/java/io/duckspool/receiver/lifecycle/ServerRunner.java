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
import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolPoisonedException;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalLong;
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
 * <p>A {@link ServerKeeper} has it take the steps, repeats those that fail, and watches the socket
 * from then on; a call that makes a server takes them itself, once, and starts the keeper after.
 * {@link #end} and {@link #close} come from one thread at a time and end the keeper first.
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

  private final Environment environment;
  private final SpoolOpener opener;
  private final ServerFolder folder;
  private final ListenUri uri;
  private final Optional<String> refusal;
  private final ServerKeeper keeper;
  private final RequestCounts counts = new RequestCounts();
  private volatile ServerFile file;
  private volatile @Nullable Spool spool;
  private volatile @Nullable Intake intake;
  private volatile boolean isTargetRefused;

  /** False while the folder holds an earlier version of the file, or none. */
  private boolean isFileWritten;

  /**
   * Makes a runner of a server whose file is written.
   *
   * @param file as it stands in the folder; preparing or serving
   */
  ServerRunner(Environment environment, ServerFolder folder, ServerFile file) {
    this(environment, folder, file, Optional.empty(), true);
  }

  /**
   * Makes a runner of a server that is declared, or was changed where it is: the first step writes
   * its file.
   *
   * @param file preparing or serving
   */
  static ServerRunner changed(Environment environment, ServerFolder folder, ServerFile file) {
    return new ServerRunner(environment, folder, file, Optional.empty(), false);
  }

  /**
   * Makes a runner of a server that must not serve until it is stopped.
   *
   * @param reason why, and the way out
   */
  static ServerRunner refused(
      Environment environment, ServerFolder folder, ServerFile file, String reason) {
    return new ServerRunner(environment, folder, file, Optional.of(reason), true);
  }

  private ServerRunner(
      Environment environment,
      ServerFolder folder,
      ServerFile file,
      Optional<String> refusal,
      boolean isFileWritten) {
    this.environment = environment;
    this.opener = new SpoolOpener(environment);
    this.folder = folder;
    this.file = file;
    this.uri = file.listenUri();
    this.refusal = refusal;
    this.isTargetRefused = refusal.isPresent();
    this.isFileWritten = isFileWritten;
    this.keeper = new ServerKeeper(this);
  }

  /** Has what is left to do be done, by a thread of its own. */
  void start() {
    if (refusal.isEmpty()) {
      keeper.start();
    }
  }

  ListenUri uri() {
    return uri;
  }

  ServerFolder folder() {
    return folder;
  }

  /** As it stands in the folder, or is about to. */
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
    return refusal.orElseGet(keeper::lastError);
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

  private static boolean hasRoom(Spool spool) {
    try {
      spool.checkRoom(0);
      return true;
    } catch (SpoolFullException e) {
      return false;
    }
  }

  /** Closes what is left of a listener that fell; true when there was one. */
  boolean closeFallen() {
    boolean isFallen = intake != null && !isListening();
    if (isFallen) {
      closeIntake();
    }
    return isFallen;
  }

  /** Takes the steps that are left; each is safe to repeat. */
  void advance() throws IOException, SpoolException, AdminException, InterruptedException {
    prepare();
    listen(BoundPort.bind(uri.host(), uri.port()));
  }

  /**
   * Opens the spool, and has the writer make the target of a server that was never served. Blocks
   * for disk and writer; safe to repeat.
   *
   * @throws WriterAwayException nobody listens on the writer's control port: it was asked nothing
   */
  void prepare() throws IOException, SpoolException, AdminException, InterruptedException {
    if (!isFileWritten) {
      AtomicFile.createFolder(folder.path());
      remember(file);
    }
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
      askForTarget();
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

  /**
   * Has the writer make the target of a new server, or check that of one that was served before.
   * Blocks; safe to repeat.
   *
   * @throws WriterAwayException nobody listens on the writer's control port: it was asked nothing
   */
  void askForTarget() throws IOException, AdminException, InterruptedException {
    try {
      environment
          .writer()
          .prepare(new AdminApi.Prepare(folder.name(), file.spoolId()), PREPARE_TIMEOUT);
      isTargetRefused = false;
    } catch (ConnectException e) {
      throw new WriterAwayException(
          "the writer doesn't answer on " + environment.config().writer().control(), e);
    } catch (AdminException e) {
      isTargetRefused = WriterErrors.isRefusal(e);
      throw e;
    }
  }

  private void remember(ServerFile next) throws IOException {
    next.write(folder);
    file = next;
    isFileWritten = true;
  }

  /** A file that is right is left alone: a disk that is full is no obstacle then. */
  private void writeToken() throws IOException {
    if (file.config().token().isPresent()) {
      byte[] line = (file.config().token().get().reveal() + "\n").getBytes(StandardCharsets.UTF_8);
      if (!Files.exists(folder.tokenFile())
          || !Arrays.equals(line, Files.readAllBytes(folder.tokenFile()))) {
        AtomicFile.replace(folder.tokenFile(), line);
      }
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
    keeper.forgetError();
    LOG.info("{} listens on {}", uri, uri.listenUrl());
  }

  /** Admits nothing more; what was admitted goes on. */
  void reject() {
    keeper.end();
    Intake current = intake;
    if (current != null) {
      current.admission().stop();
    }
  }

  /**
   * Ends the server for good, but for its file, which is the {@link StopNotices}' from now on, and
   * its sockets, which {@link #close} frees: admits nothing more, and closes the spool. Blocks
   * until admitted requests were replied to, or a time.
   *
   * @param timeout bounds the wait for admitted requests
   * @return where the spool ends; empty when it wasn't open, so that nobody knows
   * @throws SpoolException what was accepted can't be made durable: the process has to be restarted
   */
  Optional<SpoolIndex> end(Duration timeout) throws SpoolException {
    Duration longest = environment.config().receiver().bodyTimeout().plus(AFTER_BODY);
    reject();
    awaitReplies(timeout.compareTo(longest) < 0 ? timeout : longest);
    // The spool first: nothing may be appended once the writer may see where it ends.
    closeSpool();
    awaitIdle(REPLY_TIMEOUT);
    CrashPoint.STOP_SPOOL_CLOSED.reached();
    if (isPoisoned()) {
      throw new SpoolPoisonedException("a sync of its spool failed, the receiver ends");
    }
    return spool().map(closed -> closed.durable().next());
  }

  /**
   * Takes back a server that nobody has been told of.
   *
   * @param isTargetMade whether the writer may have made its ledger
   */
  void abandon(boolean isTargetMade) throws IOException {
    close();
    CrashPoint.SERVE_TAKEN_BACK.reached();
    if (isTargetMade) {
      NeverServed.leaveToWriter(folder, file);
    } else {
      NeverServed.delete(folder);
    }
  }

  /** Ends the server until the next start; blocks for admitted requests. Idempotent. */
  @Override
  public void close() {
    reject();
    awaitReplies(IN_FLIGHT_TIMEOUT);
    closeIntake();
    closeSpool();
  }

  private void awaitReplies(Duration timeout) {
    try {
      keeper.join();
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
