package io.duckspool.writer.servers;

import io.duckspool.common.net.FreePort;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A real PostgreSQL from Debian's package, on a free loopback port, with a folder of its own that
 * goes with it. It ends with this JVM, however that ends. Used by one thread.
 */
public final class PostgresServer implements AutoCloseable {

  /** The superuser, who needs no password. */
  public static final String USER = "postgres";

  private static final Path PROGRAMS = Path.of("/usr/lib/postgresql");
  private static final long LIMIT_SECONDS = 60;

  private final Path programs;
  private final Path folder;
  private final int port;
  private Process process;

  private PostgresServer(Path programs, Path folder, int port) {
    this.programs = programs;
    this.folder = folder;
    this.port = port;
  }

  /** Makes a server and waits until it takes connections. */
  public static PostgresServer start() throws IOException, InterruptedException {
    Path programs = findPrograms();
    // Not below a JUnit folder: only root could enter that.
    Path folder = Path.of(run("mktemp", "-d", "/tmp/duckspool-postgres-XXXXXX").strip());
    int port = FreePort.take();
    PostgresServer server = new PostgresServer(programs, folder, port);
    run(
        server.program("initdb"),
        "--auth=trust",
        "--username=" + USER,
        "--encoding=UTF8",
        "--no-sync",
        "--pgdata=" + server.data());
    server.up();
    return server;
  }

  public String host() {
    return "127.0.0.1";
  }

  public int port() {
    return port;
  }

  /** Starts a server that was stopped. */
  public void up() throws IOException, InterruptedException {
    // The shell ends the server when its standard input ends, as it does with this JVM.
    String script =
        "\"$0\" -D \"$1\" -p \"$2\" -c listen_addresses=127.0.0.1 -c unix_socket_directories="
            + " >>\"$3\" 2>&1 & child=$!; read -r how; kill -s \"${how:-QUIT}\" $child; wait $child";
    List<String> command = asUser();
    command.addAll(
        List.of(
            "sh",
            "-c",
            script,
            program("postgres"),
            data().toString(),
            Integer.toString(port),
            folder.resolve("log").toString()));
    process = new ProcessBuilder(command).redirectErrorStream(true).start();
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
    while (exitCode(program("pg_isready"), "-q", "-h", host(), "-p", Integer.toString(port)) != 0) {
      if (System.nanoTime() > deadline || !process.isAlive()) {
        throw new AssertionError(
            "PostgreSQL does not start:\n"
                + run("sh", "-c", "tail -20 " + folder.resolve("log") + " || true"));
      }
    }
  }

  /** Stops the server as an operator who can't wait: open connections are cut. */
  public void down() throws IOException, InterruptedException {
    stop("INT");
  }

  /** Ends the server without warning; the next start recovers from its log. */
  public void crash() throws IOException, InterruptedException {
    stop("QUIT");
  }

  /** Makes a database of this name, in place of one that is there. */
  public void createDatabase(String name) throws IOException, InterruptedException {
    sql("postgres", "DROP DATABASE IF EXISTS " + name + " WITH (FORCE)");
    sql("postgres", "CREATE DATABASE " + name);
  }

  /** Cuts all connections to a database. */
  public void cutConnections(String database) throws IOException, InterruptedException {
    sql(
        "postgres",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '"
            + database
            + "'");
  }

  /** Runs a statement, and returns its rows, a line each, columns separated by {@code |}. */
  public String sql(String database, String statement) throws IOException, InterruptedException {
    return run(
            program("psql"),
            "-h",
            host(),
            "-p",
            Integer.toString(port),
            "-U",
            USER,
            "-d",
            database,
            "-v",
            "ON_ERROR_STOP=1",
            "-qAtc",
            statement)
        .strip();
  }

  @Override
  public void close() throws IOException, InterruptedException {
    if (process != null && process.isAlive()) {
      crash();
    }
    run("rm", "-rf", folder.toString());
  }

  private void stop(String signal) throws IOException, InterruptedException {
    process.getOutputStream().write((signal + "\n").getBytes(StandardCharsets.US_ASCII));
    process.getOutputStream().close();
    if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new AssertionError("PostgreSQL does not stop");
    }
  }

  private Path data() {
    return folder.resolve("data");
  }

  private String program(String name) {
    return programs.resolve(name).toString();
  }

  private static Path findPrograms() throws IOException {
    if (Files.isDirectory(PROGRAMS)) {
      try (Stream<Path> versions = Files.list(PROGRAMS)) {
        return versions
            .map(version -> version.resolve("bin"))
            .filter(bin -> Files.isExecutable(bin.resolve("initdb")))
            .findFirst()
            .orElseThrow(PostgresServer::missing);
      }
    }
    throw missing();
  }

  private static AssertionError missing() {
    return new AssertionError(
        "no initdb below "
            + PROGRAMS
            + ": install Debian's postgresql, or run deploy/bin/test-all");
  }

  /** PostgreSQL refuses to run as root. */
  private static List<String> asUser() {
    return "root".equals(System.getProperty("user.name"))
        ? new ArrayList<>(List.of("runuser", "-u", USER, "--"))
        : new ArrayList<>();
  }

  private static String run(String... command) throws IOException, InterruptedException {
    Process running = begin(command);
    String output = new String(running.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (running.waitFor() != 0) {
      throw new AssertionError(String.join(" ", command) + "\n" + output);
    }
    return output;
  }

  private static int exitCode(String... command) throws IOException, InterruptedException {
    Process running = begin(command);
    running.getInputStream().readAllBytes();
    return running.waitFor();
  }

  private static Process begin(String... command) throws IOException {
    List<String> all = asUser();
    all.addAll(List.of(command));
    Process running =
        new ProcessBuilder(all)
            .redirectErrorStream(true)
            .directory(Path.of("/tmp").toFile())
            .start();
    running.getOutputStream().close();
    return running;
  }
}
