package io.duckspool.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.duckspool.deploy.harness.Distribution;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The bill of materials that comes with the distribution is about the jars beside it. */
@Tag("e2e")
final class SbomIT {
  private static final Pattern PACKAGE =
      Pattern.compile("pkg:maven/[^/]+/([^@]+)@([^?]+)\\?(?:classifier=([^&]+)&)?type=jar");

  private final Path home = Distribution.launcher().getParent().getParent();

  @Test
  void everyJar_isInTheBillOfMaterials_withItsDigest_andNothingElseIs() throws Exception {
    Map<String, String> listed = listed(read());
    TreeSet<String> jars = new TreeSet<>();
    try (Stream<Path> files = Files.list(home.resolve("lib"))) {
      for (Path jar : files.filter(file -> file.toString().endsWith(".jar")).toList()) {
        String name = jar.getFileName().toString();
        jars.add(name);
        // Of our own modules the build lists none: their jars are made after it.
        if (!name.startsWith("duckspool-")) {
          assertEquals(listed.get(name), sha256(jar), name);
        }
      }
    }
    assertEquals(jars, new TreeSet<>(listed.keySet()));
  }

  /** The same sources give the same bytes. */
  @Test
  void nothingInIt_isOfOneBuildAlone() throws IOException {
    JsonNode bill = read();
    assertEquals("CycloneDX", bill.get("bomFormat").asText());
    assertFalse(bill.has("serialNumber"));
    assertFalse(bill.get("metadata").has("timestamp"));
  }

  private JsonNode read() throws IOException {
    Path bill = home.resolve("sbom.cdx.json");
    if (!Files.exists(bill)) {
      throw new AssertionError("no bill of materials, build without mvn -o: " + bill);
    }
    return new ObjectMapper().readTree(bill.toFile());
  }

  /** SHA-256 by the name of the jar; empty where the build gives none. */
  private static Map<String, String> listed(JsonNode bill) {
    Map<String, String> listed = new TreeMap<>();
    Stream.concat(
            Stream.of(bill.get("metadata").get("component")), elements(bill.get("components")))
        .forEach(
            component -> {
              String purl = component.get("purl").asText();
              Matcher parts = PACKAGE.matcher(purl);
              if (!parts.matches()) {
                throw new AssertionError("not a jar of Maven: " + purl);
              }
              String classifier = parts.group(3) == null ? "" : "-" + parts.group(3);
              listed.put(
                  parts.group(1) + "-" + parts.group(2) + classifier + ".jar",
                  elements(component.path("hashes"))
                      .filter(hash -> hash.get("alg").asText().equals("SHA-256"))
                      .map(hash -> hash.get("content").asText())
                      .collect(Collectors.joining()));
            });
    return listed;
  }

  private static Stream<JsonNode> elements(JsonNode array) {
    return java.util.stream.StreamSupport.stream(array.spliterator(), false);
  }

  private static String sha256(Path file) throws Exception {
    return HexFormat.of()
        .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
  }
}
