package io.duckspool.common.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.config.HostPort;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ControlGuardTest {

  private static final ControlToken TOKEN = ControlToken.of("0123456789abcdef");

  private final ControlGuard guard =
      new ControlGuard(TOKEN, HostPort.parse("127.0.0.1:4319"), false);

  @ParameterizedTest
  @ValueSource(
      strings = {"localhost:4319", "LOCALHOST", "127.0.0.1:4319", "127.0.0.1:9999", "[::1]:4319"})
  void callsByANameOfLoopbackPass(String host) {
    assertTrue(guard.checkHost(host, null).isEmpty());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "attacker.example:4319",
        "localhost.attacker.example",
        "127.0.0.1.attacker.example:4319",
        "10.0.0.1:4319",
        "::1"
      })
  void otherNamesAreRefused(String host) {
    ControlGuard.Refusal refusal = guard.checkHost(host, null).orElseThrow();
    assertEquals(403, refusal.status());
    assertEquals("forbidden", refusal.failure().error());
    assertTrue(refusal.failure().message().contains("Host " + host));
  }

  @Test
  void aRequestWithoutHostIsBad() {
    assertEquals(400, guard.checkHost(null, null).orElseThrow().status());
  }

  @Test
  void theConfiguredHostIsOneOfThem() {
    HostPort address = HostPort.parse("10.0.0.7:4319");
    assertTrue(new ControlGuard(TOKEN, address, false).checkHost("10.0.0.7:4319", null).isEmpty());
    assertTrue(
        new ControlGuard(TOKEN, address, false).checkHost("10.0.0.8:4319", null).isPresent());
    assertTrue(new ControlGuard(TOKEN, address, true).checkHost("spool.internal", null).isEmpty());
  }

  @Test
  void onlyPagesOfThePortItselfMayCall() {
    assertTrue(guard.checkHost("localhost:4319", "http://localhost:4319").isEmpty());
    assertTrue(guard.checkHost("localhost:4319", "https://localhost:4319").isEmpty());
    for (String origin :
        new String[] {"http://localhost:8080", "https://attacker.example", "null", ""}) {
      assertEquals(403, guard.checkHost("localhost:4319", origin).orElseThrow().status(), origin);
    }
  }

  @Test
  void theTokenIsABearerInAnyCaseOfTheScheme() {
    assertTrue(guard.checkToken("Bearer 0123456789abcdef").isEmpty());
    assertTrue(guard.checkToken("bEARER   0123456789abcdef ").isEmpty());
    for (String header :
        new String[] {null, "", "Bearer", "Bearer 0123456789abcdeg", "0123456789abcdef"}) {
      assertEquals(401, guard.checkToken(header).orElseThrow().status(), String.valueOf(header));
    }
  }

  @Test
  void bodiesAreJsonOnly() {
    assertTrue(ControlGuard.checkBodyType("application/json").isEmpty());
    assertTrue(ControlGuard.checkBodyType("Application/JSON; charset=utf-8").isEmpty());
    for (String type : new String[] {null, "text/plain", "application/x-www-form-urlencoded"}) {
      assertEquals(
          415, ControlGuard.checkBodyType(type).orElseThrow().status(), String.valueOf(type));
    }
  }
}
