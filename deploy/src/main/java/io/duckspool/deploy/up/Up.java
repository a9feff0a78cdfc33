package io.duckspool.deploy.up;

import io.duckspool.common.admin.AdminClient;
import io.duckspool.common.admin.ListenUri;
import io.duckspool.common.config.DuckspoolConfig;
import io.duckspool.common.config.HostPort;
import io.duckspool.common.config.LogConfig;
import io.duckspool.common.config.ServerConfig;
import io.duckspool.common.server.DataFolder;
import io.duckspool.common.server.ProcessLock;
import io.duckspool.common.server.ServerFile;
import io.duckspool.common.server.ServerFolder;
import io.duckspool.common.server.ServerState;
import java.io.IOException;
import java.io.PrintStream;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * {@code duckspool up}: looks for what is in the way, starts both processes, says when they are
 * ready, and stops them at a signal. Used by the main thread.
 */
public final class Up {
  private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(2);

  private final DuckspoolConfig config;
  private final List<String> arguments;
  private final PrintStream out;
  private final PrintStream err;
  private final LongSupplier nanoTicker;
  private final DataFolder data;
  private final Map<String, String> environment = new HashMap<>();

  /**
   * @param config with the server that {@link #declare} names, if there is one
   * @param arguments where the children find the configuration
   * @param out gets the one line that says it is ready
   * @param err gets all else
   */
  public Up(
      DuckspoolConfig config,
      List<String> arguments,
      PrintStream out,
      PrintStream err,
      LongSupplier nanoTicker) {
    this.config = config;
    this.arguments = List.copyOf(arguments);
    this.out = out;
    this.err = err;
    this.nanoTicker = nanoTicker;
    this.data = new DataFolder(config.data());
  }

  /**
   * Whether this server has to be declared: no other is remembered. One that is remembered needs no
   * declaration, but may get another token by it.
   */
  public boolean needsServer(String uri) throws IOException {
    Set<ListenUri> remembered = remembered();
    try {
      return remembered.isEmpty() || remembered.contains(ListenUri.parse(uri));
    } catch (IllegalArgumentException e) {
      // Refused with its flag's name when the configuration is loaded.
      return true;
    }
  }

  /**
   * Why no server is started at this URI, for people; empty when one is.
   *
   * @throws IllegalArgumentException it is no listen URI
   */
  public Optional<String> othersThan(String uri) throws IOException {
    ListenUri wanted = ListenUri.parse(uri);
    Set<ListenUri> expected = expected();
    if (expected.contains(wanted)) {
      return Optional.empty();
    }
    String names = expected.stream().map(ListenUri::toString).collect(Collectors.joining(", "));
    return Optional.of(
        config.servers().isEmpty()
            ? data.root() + " remembers " + names + "; more servers are declared in duckspool.yaml"
            : "the configuration declares its servers: " + names);
  }

  /** Declares a server to the children, over the file. */
  public Up declare(String uri, Optional<Path> tokenFile) {
    environment.put("DUCKSPOOL_SERVERS_0_URI", uri);
    tokenFile.ifPresent(
        file ->
            environment.put("DUCKSPOOL_SERVERS_0_TOKEN_FILE", file.toAbsolutePath().toString()));
    return this;
  }

  /** What keeps the processes from starting, as a line for the user. */
  public Optional<String> obstacle() throws IOException {
    for (String name : List.of("receiver", "writer")) {
      Path lock = name.equals("receiver") ? data.receiverLock() : data.writerLock();
      Optional<ProcessLock.Holder> holder = ProcessLock.holder(lock);
      if (holder.isPresent()) {
        return Optional.of(
            "a %s (pid %d) already runs on %s: stop it, or choose another folder with --data"
                .formatted(name, holder.get().pid(), data.root()));
      }
    }
    List<String> taken = new ArrayList<>();
    for (ListenUri uri : expected()) {
      whenTaken(uri.host(), uri.port(), "servers.uri, or --uri", taken);
    }
    HostPort receiver = config.receiver().control();
    whenTaken(receiver.host(), receiver.port(), "receiver.control", taken);
    HostPort writer = config.writer().control();
    whenTaken(writer.host(), writer.port(), "writer.control", taken);
    return taken.isEmpty() ? Optional.empty() : Optional.of(String.join("\n", taken));
  }

  private static void whenTaken(String host, int port, String key, List<String> taken) {
    try (ServerSocket probe = new ServerSocket(port, 1, InetAddress.getByName(host))) {
      probe.setReuseAddress(true);
    } catch (BindException e) {
      taken.add(
          "port %d on %s is taken by another process: stop that, or choose another port with %s"
              .formatted(port, host, key));
    } catch (UnknownHostException e) {
      taken.add("there is no host %s: see %s".formatted(host, key));
    } catch (IOException e) {
      taken.add("can't listen on %s port %d: %s".formatted(host, port, e));
    }
  }

  /**
   * Runs until a signal ends the process, or until it gives up.
   *
   * @return an {@link io.duckspool.common.process.ExitCode}, when it gave up
   */
  public int run() throws IOException, InterruptedException {
    Supervisor supervisor =
        new Supervisor(this::startChild, this::isReady, this::sayReady, err, nanoTicker);
    AtomicBoolean gaveUp = new AtomicBoolean();
    Thread hook =
        new Thread(
            () -> {
              if (!gaveUp.get()) {
                err.println("up       | stopping the receiver, then the writer");
                int exitCode = supervisor.stop();
                err.println("up       | stopped");
                err.flush();
                // Else a JVM ended by a signal exits with the signal's number.
                Runtime.getRuntime().halt(exitCode);
              }
            },
            "stop");
    Runtime.getRuntime().addShutdownHook(hook);
    int exitCode = supervisor.run();
    gaveUp.set(true);
    return exitCode;
  }

  private Child startChild(String name, Consumer<Child> onExit) throws IOException {
    String launcher = System.getenv("DUCKSPOOL_LAUNCHER");
    if (launcher == null) {
      throw new IOException("DUCKSPOOL_LAUNCHER is not set: start `up` by bin/duckspool");
    }
    List<String> command = new ArrayList<>(List.of(launcher, name));
    command.addAll(arguments);
    command.add("--supervised");
    String prefix = config.log().format() == LogConfig.Format.JSON ? "" : "%-8s | ".formatted(name);
    return Child.start(name, command, environment, prefix, err, onExit);
  }

  // ---- ready ----------------------------------------------------------------------------------

  private boolean isReady() {
    try {
      if (!answers(config.writer().control())) {
        return false;
      }
      for (ListenUri uri : expected()) {
        ServerFolder folder = data.server(uri);
        if (!Files.exists(folder.serverFile())
            || ServerFile.read(folder).state() != ServerState.SERVING
            || !answers(new HostPort(reachable(uri.host()), uri.port()))) {
          return false;
        }
      }
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private boolean answers(HostPort port) {
    try {
      return new AdminClient(port, config.control().tokenFile())
              .probe("/healthz", PROBE_TIMEOUT)
              .statusCode()
          == 200;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** A host that stands for all addresses is asked on loopback. */
  private static String reachable(String host) {
    return host.equals("0.0.0.0") ? "127.0.0.1" : host.equals("::") ? "::1" : host;
  }

  private void sayReady() {
    List<ListenUri> servers = List.copyOf(expectedOrNone());
    if (servers.isEmpty()) {
      return;
    }
    ListenUri first = servers.get(0);
    String tokenFile = hasToken(first) ? data.server(first).tokenFile().toString() : "";
    out.println(
        "ready listen_url=%s auth_token_file=%s database=%s"
            .formatted(first.listenUrl(), tokenFile, config.duckdb().database()));
    out.flush();
    new Hints(err).print(first, tokenFile, arguments);
    servers.stream().skip(1).forEach(uri -> err.println("also listening: " + uri.listenUrl()));
  }

  private boolean hasToken(ListenUri uri) {
    try {
      return !ServerFile.read(data.server(uri)).config().disableAuth();
    } catch (IOException e) {
      return true;
    }
  }

  // ---- servers --------------------------------------------------------------------------------

  private Set<ListenUri> expectedOrNone() {
    try {
      return expected();
    } catch (IOException e) {
      return Set.of();
    }
  }

  /** Declared servers, then remembered ones. */
  private Set<ListenUri> expected() throws IOException {
    Set<ListenUri> uris = new LinkedHashSet<>();
    for (ServerConfig server : config.servers()) {
      uris.add(ListenUri.parse(server.uri()));
    }
    uris.addAll(remembered());
    return uris;
  }

  private Set<ListenUri> remembered() throws IOException {
    Set<ListenUri> uris = new LinkedHashSet<>();
    for (ServerFolder folder : data.listServers()) {
      ServerFile file = ServerFile.read(folder);
      if (file.state() == ServerState.SERVING) {
        uris.add(file.listenUri());
      }
    }
    return uris;
  }
}
