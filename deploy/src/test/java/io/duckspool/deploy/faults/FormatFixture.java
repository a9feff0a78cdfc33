package io.duckspool.deploy.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.AdminException;
import io.duckspool.common.fault.CrashPoint;
import io.duckspool.deploy.harness.AckLog;
import io.duckspool.deploy.harness.Await;
import io.duckspool.deploy.harness.Damage;
import io.duckspool.deploy.harness.Distribution;
import io.duckspool.deploy.harness.LoadClient;
import io.duckspool.deploy.harness.RefusingIndex;
import io.duckspool.deploy.harness.Rig;
import io.duckspool.deploy.harness.Shell;
import io.duckspool.deploy.harness.Stamped;
import io.duckspool.deploy.load.HttpConnection;
import io.duckspool.deploy.load.StampedRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A data folder as a version leaves it, in {@code src/test/resources/formats/<version>.tgz}: 40
 * requests that are committed but for a damaged one, which is in quarantine; three more that a
 * table's constraint refused two of, whose replay was cut off behind its commit, so that its intent
 * is there and the target alone knows; and 20 requests in the spool alone, behind a checkpoint.
 * Each release that changes a format adds one, by this class's main method; none is ever made
 * again.
 */
final class FormatFixture {
  /** Where its server listens: the data folder has it in names and in its server file. */
  static final int PORT = 10_199;

  /** How many rows have the text that was refused and replayed. */
  static final int REPLAYED_ROWS = 3;

  private static final int RECORDS = 5;
  private static final int PHASES = 3;
  private static final int REQUESTS = 20;

  /** The last request of the second phase. */
  private static final int DAMAGED = 2 * REQUESTS - 1;

  private final Path archive;

  private FormatFixture(Path archive) {
    this.archive = archive;
  }

  /** All that there are. */
  static Stream<FormatFixture> all() {
    try (Stream<Path> files = Files.list(folder())) {
      return files.filter(file -> file.toString().endsWith(".tgz")).sorted().toList().stream()
          .map(FormatFixture::new);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static StampedRequest request() {
    return Stamped.logs(RECORDS);
  }

  /** Has the data folder of a rig be this one. */
  void unpack(Path data) throws IOException {
    Files.createDirectories(data);
    Shell.run("tar", "-xzf", archive.toString(), "-C", data.toString());
  }

  /** What its clients were told, but for where the requests stand. */
  AckLog log() {
    AckLog log = new AckLog(RECORDS);
    for (int i = 0; i < PHASES * REQUESTS; i++) {
      log.replied(
          log.send(),
          new HttpConnection.Reply(
              202, Map.of("duckspool-index", "1-" + i), "\"rows\":" + RECORDS + ","));
    }
    log.newSpool();
    return log;
  }

  /** The one acked request that is damaged. */
  int damaged() {
    return DAMAGED;
  }

  @Override
  public String toString() {
    return archive.getFileName().toString();
  }

  private static Path folder() {
    return Distribution.module().resolve("src/test/resources/formats");
  }

  /**
   * Makes one of the version that is built.
   *
   * @param arguments the version
   */
  public static void main(String[] arguments) throws Exception {
    Path archive = folder().resolve(arguments[0] + ".tgz");
    if (Files.exists(archive)) {
      throw new IllegalArgumentException("kept as it is: " + archive);
    }
    Files.createDirectories(folder());
    try (Rig rig = Rig.onPort(PORT, Files.createTempDirectory("formats"))) {
      make(rig.set("spool.segment_age", "1s").start());
      Shell.run(
          "tar",
          "--exclude=./tmp",
          "--exclude=*.lock",
          "-czSf",
          archive.toString(),
          "-C",
          rig.data().toString(),
          ".");
    }
    System.out.println(archive + ": " + Files.size(archive) + " bytes");
    System.exit(0);
  }

  private static void make(Rig rig) throws Exception {
    AckLog log = new AckLog(RECORDS);
    send(rig, log);
    rig.awaitCommitted();
    rig.stopWriter();
    send(rig, log);
    rig.stopReceiver();
    assertEquals(DAMAGED, Damage.ofLastAcked(rig, log));
    rig.startReceiver();
    rig.startWriter();
    rig.awaitServing();
    rig.awaitCommitted();
    List<String> refused = new RefusingIndex(rig).quarantine(REPLAYED_ROWS - 1);
    rig.writerEnvironment(
            CrashPoint.ENVIRONMENT_VARIABLE, CrashPoint.QUARANTINE_REPLAY_COMMITTED.name())
        .startWriter();
    Await.until(
        "a replay is cut off",
        Rig.LIMIT,
        () -> {
          boolean unused = isReplayed(rig, refused);
          return rig.exitCode("writer").isPresent();
        },
        rig::logs);
    assertEquals(Optional.of(CrashPoint.EXIT_STATUS), rig.exitCode("writer"), rig::logs);
    send(rig, log);
    rig.stopReceiver();
    assertEquals(PHASES * REQUESTS, log.ackedCount());
  }

  /**
   * Whether a replay was answered; a pipeline that starts is busy.
   *
   * @param entries by index
   */
  private static boolean isReplayed(Rig rig, List<String> entries) throws InterruptedException {
    try {
      byte[] unused =
          rig.writerControl()
              .post(
                  AdminApi.QUARANTINE_REPLAY,
                  new AdminApi.QuarantineReplay("otlp:127.0.0.1:" + PORT, null, entries),
                  Rig.LIMIT);
      return true;
    } catch (AdminException | IOException e) {
      return false;
    }
  }

  private static void send(Rig rig, AckLog log) {
    try (LoadClient load = LoadClient.start(rig.load(1, REQUESTS, 0, request()), log)) {
      load.awaitEnd(Rig.LIMIT);
    }
  }
}
