package io.duckspool.common.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ListenUriTest {

  @ParameterizedTest
  @CsvSource({
    "otlp:localhost:4318, otlp:localhost:4318",
    "otlp://LOCALHOST:4318, otlp:localhost:4318",
    "'  otlp:localhost  ', otlp:localhost:4318",
    "otlp:, otlp:localhost:4318",
    "otlp://, otlp:localhost:4318",
    "otlp::4319, otlp:localhost:4319",
    "OTLP:127.0.0.1:1, otlp:127.0.0.1:1",
    "otlp:[::1], otlp:[::1]:4318",
    "otlp://[::1]:65535, otlp:[::1]:65535",
    "otlp:[0:0:0:0:0:0:0:1]:9, otlp:[::1]:9",
    "otlp:[2001:DB8:0:0:1:0:0:1]:9, otlp:[2001:db8::1:0:0:1]:9",
    "otlp:[2001:db8:0:1:1:1:1:1]:9, otlp:[2001:db8:0:1:1:1:1:1]:9",
    "otlp:[2001:0db8::0001]:9, otlp:[2001:db8::1]:9",
    "otlp:[::]:9, otlp:[::]:9",
    "otlp:[fe80::]:9, otlp:[fe80::]:9",
    "otlp:[::ffff:10.0.0.1]:9, otlp:[::ffff:10.0.0.1]:9",
    "otlp:a-b.example.com:80, otlp:a-b.example.com:80",
  })
  void parse_givesTheCanonicalForm(String text, String canonical) {
    ListenUri uri = ListenUri.parse(text);
    assertEquals(canonical, uri.toString());
    assertEquals(uri, ListenUri.parse(uri.toString()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "localhost:4318",
        "http://localhost:4318",
        "otlp",
        "otlp:localhost:0",
        "otlp:localhost:65536",
        "otlp:localhost:99999999999",
        "otlp:localhost:-1",
        "otlp:localhost:4318/",
        "otlp:localhost:4318/v1/logs",
        "otlp:localhost:4318?x=1",
        "otlp:localhost:4318#x",
        "otlp:user@localhost:4318",
        "otlp:::1:4318",
        "otlp:[::1%eth0]:4318",
        "otlp:[localhost]:4318",
        "otlp:[1.2.3.4]:4318",
        "otlp:[::1::]:4318",
        "otlp:local host:4318",
        "otlp:-a:4318",
      })
  void parse_showsTheAcceptedForms_whenRefused(String text) {
    var e = assertThrows(IllegalArgumentException.class, () -> ListenUri.parse(text));
    assertTrue(e.getMessage().contains("otlp://[v6]:port"), e.getMessage());
    assertTrue(e.getMessage().contains(text.strip()), e.getMessage());
  }

  @ParameterizedTest
  @CsvSource({
    "otlp:localhost, true",
    "otlp:127.0.0.1, true",
    "otlp:[::1], true",
    "otlp:0.0.0.0, false",
    "otlp:[::], false",
    "otlp:127.0.0.2, false",
    "otlp:example.com, false"
  })
  void isLocal_holdsForTheThreeNamesOnly(String text, boolean local) {
    assertEquals(local, ListenUri.parse(text).isLocal());
  }

  @org.junit.jupiter.api.Test
  void folderName_differsWhereTheUriDiffers() {
    List<String> uris =
        List.of(
            "otlp:localhost:1",
            "otlp:localhost:2",
            "otlp:[::1]:1",
            "otlp:[a:b::1]:1",
            "otlp:a-b--1:1");
    Set<String> names = new HashSet<>();
    for (String uri : uris) {
      String name = ListenUri.parse(uri).folderName();
      assertTrue(names.add(name), name);
      assertFalse(name.contains(":") || name.contains("/") || name.startsWith("."), name);
      assertEquals(Optional.of(ListenUri.parse(uri)), ListenUri.ofFolderName(name));
    }
    for (String other : List.of("", "localhost", "localhost_0", "Localhost_1", "v6_x_1", "a_b_")) {
      assertEquals(Optional.empty(), ListenUri.ofFolderName(other), other);
    }
    assertEquals("http://[::1]:4318", ListenUri.parse("otlp:[::1]").listenUrl());
  }

  @Test
  void aLongText_isRefused_withoutTryingEveryWayToReadIt() {
    String colons = ":".repeat(100_000);
    assertThrows(IllegalArgumentException.class, () -> ListenUri.parse("otlp:[" + colons + "x]"));
    ListenUri longest = ListenUri.parse("otlp:[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255]");
    assertEquals("otlp:[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:4318", longest.toString());
  }

  @Test
  void aHostName_neverHasTheFolderOfAnIpv6Address() {
    assertEquals("v6_--1_4318", ListenUri.parse("otlp:[::1]").folderName());
    assertThrows(IllegalArgumentException.class, () -> ListenUri.parse("otlp:v6_--1"));
    assertThrows(IllegalArgumentException.class, () -> ListenUri.parse("otlp:V6_80"));
  }
}
