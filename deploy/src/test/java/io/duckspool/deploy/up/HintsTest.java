package io.duckspool.deploy.up;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.admin.ListenUri;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

final class HintsTest {

  @Test
  void pathsWithBlanksAndQuotes_stayOneWordOfTheShell() {
    assertEquals("/var/lib/duckspool-1", Hints.quoted("/var/lib/duckspool-1"));
    assertEquals("'my data'", Hints.quoted("my data"));
    assertEquals("'it'\\''s'", Hints.quoted("it's"));
    assertEquals("''", Hints.quoted(""));
  }

  @Test
  void theLinesToCopy_quoteTheTokenFileAndTheArguments() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    new Hints(new PrintStream(bytes, true, StandardCharsets.UTF_8))
        .print(
            ListenUri.parse("otlp:localhost:4318"),
            "/my data/token",
            List.of("--data", "/my data"));
    String text = bytes.toString(StandardCharsets.UTF_8);
    assertTrue(text.contains("Bearer $(cat '/my data/token')\""), text);
    assertTrue(text.contains("x-api-key=$(cat '/my data/token')\""), text);
    assertTrue(text.contains("sql --data '/my data' \"SELECT"), text);
  }
}
