package io.duckspool.writer.servers;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** The server is as strict as the tests on it need. */
final class S3ServerTest {

  @TempDir Path folder;
  private S3Server server;

  @BeforeEach
  void start() throws Exception {
    server = S3Server.start(folder.resolve("s3"));
    server.createBucket("bucket");
  }

  @AfterEach
  void close() throws Exception {
    server.close();
  }

  @Test
  void aWrongSecret_isRefused() {
    try (S3Client client = client("wrong")) {
      assertEquals(403, statusOf(client, put -> put));
    }
    assertEquals(List.of(), server.keys("bucket", ""));
  }

  @Test
  void conditionalWrites_areConditional() throws Exception {
    try (S3Client client = client(S3Server.SECRET)) {
      assertEquals(200, statusOf(client, put -> put.ifNoneMatch("*")));
      assertEquals(412, statusOf(client, put -> put.ifNoneMatch("*")));
      String tag = client.headObject(head -> head.bucket("bucket").key("a/b")).eTag();
      assertEquals(412, statusOf(client, put -> put.ifMatch("\"0\"")));
      assertEquals(200, statusOf(client, put -> put.ifMatch(tag)));
    }
    assertEquals(List.of("a/b"), server.keys("bucket", "a/"));
    assertArrayEquals("text".getBytes(UTF_8), server.get("bucket", "a/b"));
  }

  @Test
  void objects_outliveTheServer_andItsPortStays() throws Exception {
    URI before = server.uri();
    server.put("bucket", "kept", new byte[] {1, 2});
    server.stop();
    server.restart();
    assertEquals(before, server.uri());
    try (S3Client client = client(S3Server.SECRET)) {
      assertEquals(2, client.headObject(head -> head.bucket("bucket").key("kept")).contentLength());
    }
    server.delete("bucket", "kept");
    assertEquals(List.of(), server.keys("bucket", ""));
  }

  @Test
  void aWatch_failsARequest_beforeOrAfterItIsDone() throws Exception {
    AtomicInteger failures = new AtomicInteger(1);
    server.watch(
        (moment, key) -> {
          if (moment.equals("after") && key.equals("a/b") && failures.getAndDecrement() > 0) {
            throw S3Server.unavailable();
          }
        });
    // The client's own retry finds what the failed request has left.
    try (S3Client client = client(S3Server.SECRET)) {
      assertEquals(412, statusOf(client, put -> put.ifNoneMatch("*")));
    }
    assertArrayEquals("text".getBytes(UTF_8), server.get("bucket", "a/b"));
  }

  private static int statusOf(S3Client client, UnaryOperator<PutObjectRequest.Builder> change) {
    PutObjectRequest request =
        change.apply(PutObjectRequest.builder().bucket("bucket").key("a/b")).build();
    try {
      return client
          .putObject(request, RequestBody.fromString("text"))
          .sdkHttpResponse()
          .statusCode();
    } catch (S3Exception e) {
      return e.statusCode();
    }
  }

  private S3Client client(String secret) {
    return S3Client.builder()
        .endpointOverride(server.uri())
        .region(Region.of(S3Server.REGION))
        .forcePathStyle(true)
        .httpClient(Apache5HttpClient.create())
        .credentialsProvider(
            StaticCredentialsProvider.create(AwsBasicCredentials.create(S3Server.KEY_ID, secret)))
        .build();
  }
}
