package io.duckspool.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.deploy.harness.AckLog;
import io.duckspool.deploy.harness.LoadClient;
import io.duckspool.deploy.harness.ParquetView;
import io.duckspool.deploy.harness.Rig;
import io.duckspool.deploy.harness.Stamped;
import io.duckspool.writer.servers.S3Server;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What both processes connect to, by the kernel's word, from their start to their end: the receiver
 * to the writer, and the writer to its target. No name is looked up, and nobody else is called.
 */
@Tag("e2e")
final class ConnectionsMadeIT {
  /** {@code connect(7, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("…")}, 16)}. */
  private static final Pattern TO_PORT = Pattern.compile("sin6?_port=htons\\(([0-9]+)\\)");

  private static final Pattern TO_ADDRESS =
      Pattern.compile("inet_addr\\(\"([^\"]+)\"\\)|inet_pton\\(AF_INET6, \"([^\"]+)\"");

  @TempDir Path folder;
  private final AckLog log = new AckLog(10);

  @Test
  void withALocalTarget_theReceiverConnectsToTheWriterAlone() throws Exception {
    try (Rig rig = traced(Rig.in(folder))) {
      useAll(rig);
      assertEquals(Set.of("receiver to 127.0.0.1:" + rig.writerControlPort()), made(rig));
    }
  }

  @Test
  void withATargetInObjectStorage_theWriterConnectsToThatAlone() throws Exception {
    try (S3Server store = S3Server.start(folder.resolve("s3"))) {
      store.createBucket("otlp");
      try (Rig rig = traced(Rig.in(folder).target(ParquetView.in(store, "s3://otlp/files")))) {
        useAll(rig);
        assertEquals(
            Set.of(
                "receiver to 127.0.0.1:" + rig.writerControlPort(),
                "writer to 127.0.0.1:" + store.port()),
            made(rig));
      }
    }
  }

  private Rig traced(Rig rig) {
    rig.receiverEnvironment("JAVA_HOME", traced("receiver"));
    return rig.writerEnvironment("JAVA_HOME", traced("writer"));
  }

  /** The tracer is a child of the process, which keeps its id. */
  private String traced(String name) {
    return JavaWrapper.home(
        folder.resolve(name),
        "exec strace -D -f -qq -e trace=connect -o " + trace(name) + " \"$java\" \"$@\"");
  }

  private Path trace(String name) {
    return folder.resolve(name + ".strace");
  }

  private void useAll(Rig rig) throws Exception {
    rig.start();
    try (LoadClient load = LoadClient.start(rig.load(2, 40, 0, Stamped.logs(10)), log)) {
      load.awaitMoreAcks(40, Rig.LIMIT);
    }
    rig.awaitCommitted();
    Wire wire = new Wire(rig);
    String uri = "otlp:127.0.0.1:" + rig.port();
    assertEquals(200, wire.post("/admin/otlp_flush", Wire.body(uri, "")).status());
    assertEquals(200, wire.get("/admin/otlp_seal_list").status());
    assertTrue(rig.sql("SELECT count(*) AS n FROM " + rig.table("otlp_logs")).contains("n"));
    assertEquals(200, wire.stop(uri, "").status());
    rig.stop();
  }

  private Set<String> made(Rig rig) throws IOException {
    Set<String> made = new TreeSet<>();
    for (String name : Set.of("receiver", "writer")) {
      Set<String> lines =
          Files.readAllLines(trace(name)).stream()
              // A socket of this machine's file system leads nowhere else.
              .filter(line -> line.contains("connect(") && !line.contains("AF_UNIX"))
              .collect(Collectors.toSet());
      for (String line : lines) {
        made.add(name + " to " + address(line));
      }
    }
    return made;
  }

  private static String address(String line) {
    Matcher port = TO_PORT.matcher(line);
    Matcher address = TO_ADDRESS.matcher(line);
    if (!port.find() || !address.find()) {
      return line;
    }
    String host = address.group(1) == null ? address.group(2) : address.group(1);
    return host.replaceFirst("^::ffff:", "") + ":" + port.group(1);
  }
}
