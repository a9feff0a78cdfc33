package io.duckspool.receiver.http;

import io.duckspool.common.admin.ControlToken;
import io.duckspool.common.fuzz.FuzzCorpus;
import io.duckspool.receiver.ingest.ExportError;
import jakarta.servlet.http.HttpServletRequest;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * Fuzzes the headers of a request: a line each of Content-Type, Content-Encoding, Authorization.
 */
public class NegotiationFuzzTest {

  /** The target; throws for a finding only. */
  public static void fuzzerTestOneInput(byte[] input) throws Exception {
    FuzzCorpus.bounded(input, NegotiationFuzzTest::take);
  }

  private static final List<String> NAMES =
      List.of("content-type", "content-encoding", "authorization", "x-api-key");

  private static void take(byte[] input) {
    List<String> lines =
        new String(input, StandardCharsets.ISO_8859_1).lines().limit(NAMES.size()).toList();
    HttpServletRequest request =
        (HttpServletRequest)
            Proxy.newProxyInstance(
                NegotiationFuzzTest.class.getClassLoader(),
                new Class<?>[] {HttpServletRequest.class},
                (proxy, method, arguments) -> {
                  int at = NAMES.indexOf(String.valueOf(arguments[0]).toLowerCase());
                  String value = at >= 0 && at < lines.size() ? lines.get(at) : null;
                  return method.getName().equals("getHeaders")
                      ? Collections.enumeration(value == null ? List.of() : List.of(value))
                      : value;
                });
    try {
      Negotiation.of(request);
    } catch (ExportError e) {
      if (e.kind().status() != 415) {
        throw new AssertionError(e);
      }
    }
    try {
      new Authentication(Optional.of(ControlToken.of(TestServer.TOKEN))).check(request);
      if (!new String(input, StandardCharsets.ISO_8859_1).contains(TestServer.TOKEN)) {
        throw new AssertionError("let in without the token");
      }
    } catch (ExportError e) {
      if (e.kind().status() != 401) {
        throw new AssertionError(e);
      }
    }
  }

  @Test
  void inputs_areTakenOrRefused_andNothingElse() throws Exception {
    FuzzCorpus.run("headers", NegotiationFuzzTest::take);
  }
}
