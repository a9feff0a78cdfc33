package io.duckspool.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.duckspool.deploy.harness.Distribution;
import io.duckspool.deploy.harness.Rig;
import io.duckspool.deploy.harness.Shell;
import io.duckspool.deploy.harness.Tables;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The unmodified OpenTelemetry Python SDK exports; {@code export.py} notes what the SDK had. The
 * interpreter with the SDK is {@code -Dduckspool.python}, by default the environment that {@code
 * deploy/bin/test-all} makes.
 */
@Tag("e2e")
final class PythonSdkIT {
  @TempDir Path folder;

  @Test
  void pythonSdk_landsEveryItem_withTheValuesItHad() throws SQLException, IOException {
    Path python = Distribution.python();
    try (Rig rig = Rig.in(folder).start()) {
      Path output = folder.resolve("exported.jsonl");
      Shell.Outcome outcome =
          Shell.outcome(
              List.of(
                  python.toString(),
                  Distribution.module().resolve("src/test/python/export.py").toString(),
                  "http://127.0.0.1:" + rig.port(),
                  Rig.TOKEN,
                  output.toString()),
              Map.of());
      assertEquals(0, outcome.exitCode(), () -> outcome.output() + rig.logs());
      Rows expected = read(output);
      rig.awaitCommitted();
      rig.stop();
      try (Connection connection = rig.openDatabase()) {
        Rows.assertSame(Tables.signalTables(), expected, SdkIT.read(connection));
      }
      for (String table : Tables.signalTables()) {
        // No SDK makes summaries.
        if (!table.equals("otlp_metrics_summary")) {
          assertFalse(expected.of(table).isEmpty(), "nothing was sent to " + table);
        }
      }
    }
  }

  private static Rows read(Path file) throws IOException {
    ObjectMapper json = new ObjectMapper();
    Rows rows = new Rows();
    for (String line : Files.readAllLines(file)) {
      var object = json.readTree(line);
      Map<String, @Nullable Object> row =
          json.convertValue(
              object.get("row"), new TypeReference<LinkedHashMap<String, @Nullable Object>>() {});
      rows.add(object.get("table").asText(), row);
    }
    return rows;
  }
}
