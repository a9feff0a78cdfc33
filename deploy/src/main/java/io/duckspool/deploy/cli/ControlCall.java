package io.duckspool.deploy.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JavaType;
import io.duckspool.common.admin.AdminClient;
import io.duckspool.common.admin.AdminException;
import io.duckspool.common.admin.AdminJson;
import io.duckspool.common.admin.ListenUri;
import io.duckspool.common.config.DuckspoolConfig;
import io.duckspool.common.config.HostPort;
import io.duckspool.common.config.ParquetRoot;
import io.duckspool.common.process.ExitCode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Calls of one control port whose failures are turned into exit codes: wrong parameters 2, not
 * reachable 3, everything else 1. Thread-safe; calls block.
 */
final class ControlCall {

  private static final int BAD_REQUEST = 400;
  private static final int UNAVAILABLE = 503;

  private final String process;
  private final HostPort port;
  private final AdminClient client;

  private ControlCall(String process, HostPort port, DuckspoolConfig config) {
    this.process = process;
    this.port = port;
    this.client = new AdminClient(port, config.control().tokenFile());
  }

  static ControlCall toReceiver(DuckspoolConfig config) {
    return new ControlCall("receiver", config.receiver().control(), config);
  }

  static ControlCall toWriter(DuckspoolConfig config) {
    return new ControlCall("writer", config.writer().control(), config);
  }

  /** One call, as {@link AdminClient} makes it. */
  private interface Call {
    byte[] answer() throws IOException, AdminException, InterruptedException;
  }

  /** Posts a request; the JSON of the answer as it came. */
  String post(String path, Object body, Duration timeout) throws CommandFailedException {
    return answer(() -> client.post(path, body, timeout));
  }

  /** Asks a list; the JSON of the answer as it came. */
  String get(String path, Duration timeout) throws CommandFailedException {
    return answer(() -> client.get(path, timeout));
  }

  /** Asks a list, and reads its rows. */
  <T> List<T> list(String path, Class<T> rowType, Duration timeout) throws CommandFailedException {
    String json = get(path, timeout);
    JavaType type = AdminJson.MAPPER.getTypeFactory().constructCollectionType(List.class, rowType);
    try {
      return AdminJson.MAPPER.readValue(json, type);
    } catch (JsonProcessingException e) {
      throw unreadable(e);
    }
  }

  /** The answer to a {@link #post}, read. */
  <T> T read(String json, Class<T> type) throws CommandFailedException {
    try {
      return AdminJson.MAPPER.readValue(json, type);
    } catch (JsonProcessingException e) {
      throw unreadable(e);
    }
  }

  /** The canonical form of a listen URI that a user typed. */
  static String canonical(String uri) throws CommandFailedException {
    try {
      return ListenUri.parse(uri).toString();
    } catch (IllegalArgumentException e) {
      throw new CommandFailedException(ExitCode.USAGE, String.valueOf(e.getMessage()));
    }
  }

  /** A root that a user typed: a relative path starts where the command runs. */
  static @Nullable String parquetRoot(@Nullable String path) {
    if (path == null) {
      return null;
    }
    try {
      return ParquetRoot.parse(path).location();
    } catch (IllegalArgumentException e) {
      return path; // The process that is asked says what is wrong with it.
    }
  }

  private String answer(Call call) throws CommandFailedException {
    try {
      return new String(call.answer(), StandardCharsets.UTF_8);
    } catch (AdminException e) {
      throw new CommandFailedException(
          switch (e.status()) {
            case BAD_REQUEST -> ExitCode.USAGE;
            case UNAVAILABLE -> ExitCode.UNREACHABLE;
            default -> ExitCode.FAILED;
          },
          String.valueOf(e.getMessage()));
    } catch (NoSuchFileException e) {
      throw new CommandFailedException(
          ExitCode.UNREACHABLE,
          "no %s was ever started on this data folder: there is no control token %s"
              .formatted(process, e.getFile()));
    } catch (IOException e) {
      throw new CommandFailedException(
          ExitCode.UNREACHABLE, "the %s on %s can't be asked: %s".formatted(process, port, e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailedException(ExitCode.FAILED, "interrupted");
    }
  }

  private CommandFailedException unreadable(JsonProcessingException e) {
    return new CommandFailedException(
        ExitCode.FAILED,
        "the answer of the %s on %s is of another version: %s"
            .formatted(process, port, e.getOriginalMessage()));
  }
}
