package io.duckspool.common.process;

import io.duckspool.common.config.ConfigException;
import io.duckspool.common.config.ConfigLoader;
import io.duckspool.common.config.ConfigLoader.Role;
import io.duckspool.common.logging.Logging;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the receiver or the writer as a process of its own: reads the configuration, sets up the
 * log, starts it, and closes it on SIGTERM, SIGINT or, when it is supervised, at the end of its
 * standard input. A closed service ends with exit code 0.
 *
 * <p>An exception that nobody caught is a bug: it is logged and ends the process at once, without
 * closing anything; the spool and the target are made for that, and a supervisor starts it again.
 */
public final class ServiceProcess {
  private static final Logger LOG = LoggerFactory.getLogger(ServiceProcess.class);

  /** How long a signal waits for a start that is under way (a guess). */
  private static final long MAX_START_SECONDS = 60;

  private final String name;
  private final Service service;
  private final CompletableFuture<Optional<AutoCloseable>> started = new CompletableFuture<>();
  private volatile int exitCode = ExitCode.DONE;

  private ServiceProcess(String name, Service service) {
    this.name = name;
    this.service = service;
  }

  /** What a process runs. */
  @FunctionalInterface
  public interface Service {
    /**
     * Starts; returns once it serves, or sees to serving by itself. What it returns is closed once,
     * from another thread; when it is {@link Running}, it may also end by itself.
     */
    AutoCloseable start(ConfigLoader.Loaded loaded) throws Exception;
  }

  /** A service that runs, and that may come to an end by itself. */
  public interface Running extends AutoCloseable {
    /**
     * Waits until the work ends.
     *
     * @return why the process has to be started again; empty after {@link #close}
     */
    Optional<String> awaitEnd() throws InterruptedException;
  }

  /**
   * The {@code main} of a service that is started by its own jar: {@code [--config FILE] [--data
   * DIR]}.
   *
   * @return what to call {@link System#exit} with
   */
  public static int main(String name, Role role, String[] arguments, Service service) {
    ConfigLoader loader = new ConfigLoader(role).defaultFile().environment(System.getenv());
    for (int i = 0; i < arguments.length; i += 2) {
      boolean isConfig = arguments[i].equals("--config");
      if ((!isConfig && !arguments[i].equals("--data")) || i + 1 == arguments.length) {
        System.err.println("usage: duckspool-" + name + " [--config FILE] [--data DIR]");
        return ExitCode.USAGE;
      }
      if (isConfig) {
        loader.file(Path.of(arguments[i + 1]));
      } else {
        loader.flag("data", arguments[i + 1], "--data");
      }
    }
    return run(name, loader, false, service);
  }

  /**
   * Runs until the service ends. Returns what to call {@link System#exit} with.
   *
   * @param name {@code receiver} or {@code writer}
   * @param loader the configuration's sources
   * @param isSupervised whether the end of standard input ends the process
   * @return an {@link ExitCode}
   */
  public static int run(String name, ConfigLoader loader, boolean isSupervised, Service service) {
    ConfigLoader.Loaded loaded;
    try {
      loaded = loader.loadWithOrigins();
    } catch (ConfigException e) {
      System.err.println("duckspool " + name + ": " + e.getMessage());
      return ExitCode.USAGE;
    }
    Logging.start(loaded.config().log());
    return new ServiceProcess(name, service).run(loaded, isSupervised);
  }

  private int run(ConfigLoader.Loaded loaded, boolean isSupervised) {
    Thread.setDefaultUncaughtExceptionHandler(
        (thread, exception) -> {
          LOG.error("{} stops: a bug in thread {}", name, thread.getName(), exception);
          Runtime.getRuntime().halt(ExitCode.FAILED);
        });
    if (isSupervised) {
      Thread watch = new Thread(this::endWithStandardInput, "supervisor-watch");
      watch.setDaemon(true);
      watch.start();
    }
    // Before the start, which others may see before it returns: a signal then closes what started.
    Runtime.getRuntime().addShutdownHook(new Thread(this::closeStarted, "shutdown"));
    AutoCloseable running;
    try {
      running = service.start(loaded);
      started.complete(Optional.of(running));
    } catch (IOException e) {
      // Its message says what the operator can do: a lock that is held, a port that is taken.
      LOG.error("{} could not start: {}", name, e.getMessage(), LOG.isDebugEnabled() ? e : null);
      return ExitCode.FAILED;
    } catch (Exception e) {
      LOG.error("{} could not start", name, e);
      return ExitCode.FAILED;
    } finally {
      started.complete(Optional.empty());
    }
    return awaitEnd(running);
  }

  private void closeStarted() {
    started
        .completeOnTimeout(Optional.empty(), MAX_START_SECONDS, TimeUnit.SECONDS)
        .join()
        .ifPresent(this::close);
  }

  /** The JVM would end with 143 after a SIGTERM; a stop that went well is a success. */
  private void close(AutoCloseable running) {
    LOG.info("{} stops", name);
    try {
      running.close();
      LOG.info("{} stopped", name);
    } catch (Exception e) {
      LOG.error("{} could not stop in order", name, e);
      exitCode = ExitCode.FAILED;
    }
    Runtime.getRuntime().halt(exitCode);
  }

  private void endWithStandardInput() {
    try (InputStream input = System.in) {
      while (input.read() >= 0) {
        // Nothing is said on it; its end is the message.
      }
    } catch (IOException e) {
      LOG.warn("standard input failed, which counts as its end", e);
    }
    LOG.warn("the supervisor is gone");
    System.exit(ExitCode.DONE);
  }

  /** What ends by itself ends as a failure, closed in order. */
  private int awaitEnd(AutoCloseable running) {
    try {
      if (!(running instanceof Running mayEnd)) {
        new CountDownLatch(1).await();
        return exitCode;
      }
      Optional<String> failure = mayEnd.awaitEnd();
      if (failure.isPresent()) {
        LOG.error("{} ends, and has to be started again: {}", name, failure.get());
        exitCode = ExitCode.FAILED;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      exitCode = ExitCode.FAILED;
    }
    return exitCode;
  }
}
