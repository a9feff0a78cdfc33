package io.duckspool.deploy.harness;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;

/** The writer's control port, as a plain HTTP client sees it. */
final class WriterPort {
  private final int port;
  private final Path tokenFile;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  WriterPort(int port, Path tokenFile) {
    this.port = port;
    this.tokenFile = tokenFile;
  }

  /** What the writer answers to a query, as JSON text. */
  String sql(String query) throws IOException, InterruptedException {
    String body = "{\"sql\":\"" + query.replace("\"", "\\\"") + "\",\"format\":\"json\"}";
    return answer(request("/admin/sql").POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  String get(String path) throws IOException, InterruptedException {
    return answer(request(path).GET());
  }

  private HttpRequest.Builder request(String path) throws IOException {
    return HttpRequest.newBuilder(URI.create("http://" + Rig.HOST + ":" + port + path))
        .timeout(Rig.LIMIT)
        .header("Content-Type", "application/json")
        .header("Authorization", "Bearer " + Files.readString(tokenFile).strip());
  }

  private String answer(HttpRequest.Builder request) throws IOException, InterruptedException {
    HttpResponse<String> reply = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    if (reply.statusCode() != 200) {
      throw new IOException(reply.statusCode() + " " + reply.body());
    }
    return reply.body();
  }
}
