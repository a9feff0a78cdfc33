package io.duckspool.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.duckspool.deploy.harness.Rig;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;

/** The rows of contract 3: forms of listen URIs, as the calls that need no server read them. */
final class UriRows {

  static final String FORMS =
      "accepted forms: otlp:host:port, otlp://host:port, otlp:[v6]:port, otlp://[v6]:port";

  /** Forms of a URI and the canonical one. */
  private static final String URIS =
      """
      otlp:localhost:4400 | otlp:localhost:4400
      otlp://localhost:4400 | otlp:localhost:4400
      otlp:LocalHost:4400 | otlp:localhost:4400
      OTLP://host.example:1 | otlp:host.example:1
      otlp:127.0.0.1:65535 | otlp:127.0.0.1:65535
      otlp:[::1]:4400 | otlp:[::1]:4400
      otlp://[::1]:4400 | otlp:[::1]:4400
      otlp://[0:0:0:0:0:0:0:1]:4400 | otlp:[::1]:4400
      otlp:[2001:DB8:0:0:1:0:0:1]:1 | otlp:[2001:db8::1:0:0:1]:1
      otlp:[2001:db8:0:1:1:1:1:1]:1 | otlp:[2001:db8:0:1:1:1:1:1]:1
      otlp:[::ffff:127.0.0.1]:1 | otlp:[::ffff:127.0.0.1]:1
      otlp:[::1] | otlp:[::1]:4318
      otlp:host | otlp:host:4318
      otlp: | otlp:localhost:4318
      otlp:// | otlp:localhost:4318
      otlp::4400 | otlp:localhost:4400
      otlp://:4400 | otlp:localhost:4400
      \\t otlp:localhost:4400 \\n | otlp:localhost:4400
      """;

  /** What is no URI, and why. */
  private static final String NO_URIS =
      """
      localhost:4400 |
      http://localhost:4400 |
      otlps:localhost:4400 |
      otlp:localhost:4400/ |
      otlp:localhost:4400/v1/logs |
      otlp:localhost:4400?a=b |
      otlp:localhost:4400#a |
      otlp:user@localhost:4400 |
      otlp://user:pass@localhost:4400 |
      otlp:[fe80::1%eth0]:4400 | not an IPv6 address: fe80::1%eth0;
      otlp:[127.0.0.1]:4400 | not an IPv6 address: 127.0.0.1;
      otlp:[1::2::3]:4400 | not an IPv6 address: 1::2::3;
      otlp:::1:4400 |
      otlp:localhost:0 | port must be in [1, 65535], got 0;
      otlp:localhost:65536 | port must be in [1, 65535], got 65536;
      otlp:localhost:-1 |
      otlp:localhost:x |
      otlp:localhost: |
      otlp:two words:4400 | not a host name: two words;
      """;

  private final Wire wire;

  UriRows(Rig rig) {
    this.wire = new Wire(rig);
  }

  Stream<DynamicNode> tests() {
    Stream<DynamicNode> accepted =
        URIS.lines()
            .map(line -> line.split(" \\| "))
            .map(
                row ->
                    ContractRow.test(
                        row[0],
                        () ->
                            assertEquals(
                                "{\"status\":\"No server found listening on "
                                    + row[1]
                                    + "\",\"sealed_rows\":0,\"seals_total\":0,\"error\":null}",
                                wire.post("/admin/otlp_flush", Wire.body(row[0], "")).body())));
    Stream<DynamicNode> refused =
        NO_URIS
            .lines()
            .map(line -> line.split(" \\| ?", -1))
            .flatMap(
                row ->
                    Stream.of("otlp_flush", "otlp_stop", "otlp_serve")
                        .map(
                            call ->
                                ContractRow.test(
                                    call + " " + row[0],
                                    () ->
                                        assertEquals(
                                            "400 bad_request: parameter \"uri\" listen URI \""
                                                + row[0]
                                                + "\": "
                                                + (row[1].isEmpty() ? "" : row[1] + " ")
                                                + FORMS,
                                            wire.post("/admin/" + call, Wire.body(row[0], ""))
                                                .error()))));
    return Stream.concat(accepted, refused);
  }
}
