package io.duckspool.receiver.lifecycle;

import io.duckspool.common.admin.ControlToken;
import io.duckspool.common.admin.ListenUri;
import io.duckspool.common.config.DataSize;
import io.duckspool.common.config.ReceiverConfig;
import io.duckspool.common.config.ServerConfig;
import io.duckspool.common.config.ServerConfig.ResponseMode;
import io.duckspool.common.otlp.OtlpLimits;
import io.duckspool.receiver.http.BoundPort;
import io.duckspool.receiver.http.HttpListener;
import io.duckspool.receiver.http.IngestServer;
import io.duckspool.receiver.http.RequestCounts;
import io.duckspool.receiver.ingest.Admission;
import io.duckspool.receiver.ingest.RequestValidator;
import io.duckspool.spool.Spool;
import java.io.IOException;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;

/**
 * The open side of one server: its listener and what decides who gets in. Thread-safe.
 *
 * @param admission of this listener
 */
record Intake(Admission admission, HttpListener listener) implements AutoCloseable {

  /**
   * Begins to take requests.
   *
   * @param config of the server, its URI canonical
   * @param port owned by the intake from now on, also after a failure
   * @param degradation why the server isn't ready; empty when it is
   */
  static Intake open(
      Environment environment,
      ServerConfig config,
      Spool spool,
      RequestCounts counts,
      BoundPort port,
      Supplier<Optional<String>> degradation)
      throws IOException {
    ReceiverConfig limits = environment.config().receiver();
    Admission admission =
        new Admission(
            environment.services().memory(),
            spool,
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
    HttpListener listener =
        HttpListener.open(
            environment.services(),
            new IngestServer(
                ListenUri.parse(config.uri()),
                config.httpThreads(),
                config.maxBodyBytes().bytes(),
                config.responseMode() == ResponseMode.OTLP,
                config.token().map(secret -> ControlToken.of(secret.reveal())),
                admission,
                validator,
                spool,
                counts),
            port,
            degradation);
    return new Intake(admission, listener);
  }

  /** Whether all its sockets take connections. */
  boolean isOpen() {
    return listener.isOpen();
  }

  /** Closes the sockets and all connections; the spool is not its own. */
  @Override
  public void close() {
    listener.close();
  }
}
