package io.duckspool.writer.servers;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * What AWS checks of a request: Signature Version 4 in its Authorization header, as "Create a
 * signed AWS API request" of the IAM User Guide has it.
 *
 * @param keyId whose signature it is
 * @param region it is for
 * @param service it is for
 * @param isGood whether it is that of the request, made with the secret
 */
public record AwsSignature(String keyId, String region, String service, boolean isGood) {

  private static final Pattern HEADER =
      Pattern.compile(
          "AWS4-HMAC-SHA256 Credential=([^/]+)/(\\d{8})/([^/]+)/([^/]+)/aws4_request,"
              + " *SignedHeaders=([a-z0-9;-]+), *Signature=([0-9a-f]{64})");

  /** The signature of a request, checked with this secret; one without any is not good. */
  public static AwsSignature of(HttpProxy.Request request, String secret) {
    Matcher header = HEADER.matcher(request.headers().getOrDefault("authorization", ""));
    if (!header.matches()) {
      return new AwsSignature("", "", "", false);
    }
    String date = header.group(2);
    String region = header.group(3);
    String service = header.group(4);
    String text =
        String.join(
            "\n",
            "AWS4-HMAC-SHA256",
            request.headers().getOrDefault("x-amz-date", ""),
            String.join("/", date, region, service, "aws4_request"),
            hash(canonical(request, header.group(5))));
    byte[] key = ("AWS4" + secret).getBytes(StandardCharsets.UTF_8);
    for (String part : List.of(date, region, service, "aws4_request")) {
      key = hmac(key, part);
    }
    String expected = HexFormat.of().formatHex(hmac(key, text));
    return new AwsSignature(header.group(1), region, service, expected.equals(header.group(6)));
  }

  private static String canonical(HttpProxy.Request request, String signedHeaders) {
    int question = request.path().indexOf('?');
    String path = question < 0 ? request.path() : request.path().substring(0, question);
    String query = question < 0 ? "" : request.path().substring(question + 1);
    String headers =
        Arrays.stream(signedHeaders.split(";"))
            .map(name -> name + ":" + request.headers().getOrDefault(name, "").strip() + "\n")
            .collect(Collectors.joining());
    return String.join(
        "\n",
        request.method(),
        path.replace("%", "%25"), // Encoded once more, for all services but S3.
        Arrays.stream(query.split("&")).sorted().collect(Collectors.joining("&")),
        headers,
        signedHeaders,
        hash(request.body()));
  }

  private static String hash(String text) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] hmac(byte[] key, String text) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
