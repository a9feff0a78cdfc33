package io.duckspool.common.admin;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.type.TypeReference;
import io.duckspool.common.config.HostPort;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;

/**
 * Calls a control port. The token file is read anew for each call, so that a client made before the
 * first start of a process works after it. Thread-safe; calls block.
 *
 * <p>Every method throws {@link IOException} when the port can't be reached or the answer is no
 * answer, {@link AdminException} when the answer is an error.
 */
public final class AdminClient {

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);

  /** How often whoever waits for a long call is looked at. */
  private static final long WATCH_MILLIS = 250;

  private final String base;
  private final Path tokenFile;
  private final HttpClient http;

  /**
   * A client of one control port.
   *
   * @param port where the control port listens
   * @param tokenFile holds the control token
   */
  public AdminClient(HostPort port, Path tokenFile) {
    this.base = "http://" + port;
    this.tokenFile = tokenFile;
    this.http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT_TIMEOUT)
            .build();
  }

  /** Checks and makes the target of a server; waits until that is done, or the timeout. */
  public AdminApi.Prepared prepare(AdminApi.Prepare request, Duration timeout)
      throws IOException, AdminException, InterruptedException {
    return read(post(AdminApi.PREPARE, request, timeout), new TypeReference<>() {});
  }

  /** Commits everything before an index; waits until that is done, or the timeout. */
  public AdminApi.Sealed seal(AdminApi.Seal request, Duration timeout)
      throws IOException, AdminException, InterruptedException {
    return read(post(AdminApi.SEAL, request, timeout), new TypeReference<>() {});
  }

  /**
   * As {@link #seal(AdminApi.Seal, Duration)}, for somebody who may go meanwhile.
   *
   * @param isAbandoned asked by this thread several times a second; true: nobody waits for the
   *     answer, and the call is broken off
   */
  public AdminApi.Sealed seal(AdminApi.Seal request, Duration timeout, BooleanSupplier isAbandoned)
      throws IOException, AdminException, AbandonedException, InterruptedException {
    CompletableFuture<HttpResponse<InputStream>> answer =
        http.sendAsync(
            jsonPost(AdminApi.SEAL, request, timeout).build(),
            HttpResponse.BodyHandlers.ofInputStream());
    boolean isAnswered = false;
    try {
      while (true) {
        try (InputStream body = checked(answer.get(WATCH_MILLIS, TimeUnit.MILLISECONDS))) {
          isAnswered = true;
          return read(body.readAllBytes(), new TypeReference<>() {});
        } catch (TimeoutException e) {
          if (isAbandoned.getAsBoolean()) {
            throw new AbandonedException();
          }
        }
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException failure) {
        throw failure;
      }
      throw new IllegalStateException("a call failed in an unknown way", e);
    } finally {
      if (!isAnswered) {
        boolean unused = answer.cancel(true);
      }
    }
  }

  /** Has the files of a spool closed. */
  public void release(AdminApi.Release request, Duration timeout)
      throws IOException, AdminException, InterruptedException {
    post(AdminApi.RELEASE, request, timeout);
  }

  /** Has a kept spool handed back to the receiver; waits until that is done, or the timeout. */
  public AdminApi.TakenUp takeUp(AdminApi.TakeUp request, Duration timeout)
      throws IOException, AdminException, InterruptedException {
    return read(post(AdminApi.TAKE_UP, request, timeout), new TypeReference<>() {});
  }

  /** The last seals of all servers. */
  public List<AdminApi.SealRow> seals(Duration timeout)
      throws IOException, AdminException, InterruptedException {
    return read(get(AdminApi.SEALS, timeout), new TypeReference<>() {});
  }

  /** Sets the ledger of a refused pipeline. */
  public AdminApi.LedgerSet setLedger(AdminApi.SetLedger request, Duration timeout)
      throws IOException, AdminException, InterruptedException {
    return read(post(AdminApi.LEDGER, request, timeout), new TypeReference<>() {});
  }

  /** The pipelines of the writer. */
  public List<AdminApi.PipelineStatus> pipelines(Duration timeout)
      throws IOException, AdminException, InterruptedException {
    return read(get(AdminApi.PIPELINES, timeout), new TypeReference<>() {});
  }

  /**
   * Asks any list of the port.
   *
   * @param path one of {@link AdminApi}
   * @return the body of the answer, as it came
   */
  public byte[] get(String path, Duration timeout)
      throws IOException, AdminException, InterruptedException {
    try (InputStream answer = checked(send(request(path, timeout).GET()))) {
      return answer.readAllBytes();
    }
  }

  /**
   * Runs a read-only statement.
   *
   * @return the rows as they arrive, in the asked format; the caller closes the stream
   */
  public InputStream sql(AdminApi.Sql request, Duration timeout)
      throws IOException, AdminException, InterruptedException {
    return checked(send(jsonPost(AdminApi.SQL, request, timeout)));
  }

  /** Asks {@code /healthz} or {@code /readyz}; any status is an answer. No token is sent. */
  public HttpResponse<byte[]> probe(String path, Duration timeout)
      throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(URI.create(base + path)).timeout(timeout).GET().build(),
        HttpResponse.BodyHandlers.ofByteArray());
  }

  /**
   * Posts any call of the port.
   *
   * @param path one of {@link AdminApi}
   * @param body written as JSON
   * @return the JSON of the answer, as it came
   */
  public byte[] post(String path, Object body, Duration timeout)
      throws IOException, AdminException, InterruptedException {
    try (InputStream answer = checked(send(jsonPost(path, body, timeout)))) {
      return answer.readAllBytes();
    }
  }

  private HttpRequest.Builder jsonPost(String path, Object body, Duration timeout)
      throws IOException {
    return request(path, timeout)
        .header("Content-Type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofByteArray(AdminJson.MAPPER.writeValueAsBytes(body)));
  }

  private HttpRequest.Builder request(String path, Duration timeout) throws IOException {
    return HttpRequest.newBuilder(URI.create(base + path))
        .timeout(timeout)
        .header("Authorization", "Bearer " + ControlToken.read(tokenFile).reveal());
  }

  private HttpResponse<InputStream> send(HttpRequest.Builder request)
      throws IOException, InterruptedException {
    return http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
  }

  private static InputStream checked(HttpResponse<InputStream> answer)
      throws IOException, AdminException {
    if (answer.statusCode() == 200) {
      return answer.body();
    }
    try (InputStream body = answer.body()) {
      AdminApi.Failure failure = read(body.readAllBytes(), new TypeReference<>() {});
      throw new AdminException(answer.statusCode(), failure.error(), failure.message());
    }
  }

  private static <T> T read(byte[] json, TypeReference<T> type) throws IOException {
    try {
      return AdminJson.MAPPER.readValue(json, type);
    } catch (JacksonException e) {
      throw new IOException(
          "the control port's answer could not be read: " + e.getOriginalMessage(), e);
    }
  }
}
