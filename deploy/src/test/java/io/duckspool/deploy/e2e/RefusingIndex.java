package io.duckspool.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.deploy.harness.Await;
import io.duckspool.deploy.harness.Rig;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/**
 * A constraint of a table that refuses what comes a second time, which is then quarantined; and its
 * removal, the fix after which it can be stored.
 */
final class RefusingIndex {

  /** The text of all that is refused. */
  static final String TEXT = "again";

  private final Rig rig;

  RefusingIndex(Rig rig) {
    this.rig = rig;
  }

  /** Has requests of one row each refused; the writer is stopped, and the constraint gone, then. */
  List<String> quarantine(int count) throws IOException, SQLException {
    assertTrue(rig.isAccepted(TEXT));
    rig.awaitCommitted();
    rig.stopWriter();
    execute("CREATE UNIQUE INDEX refusing ON otlp_logs (body)");
    rig.startWriter();
    for (int i = 0; i < count; i++) {
      assertTrue(rig.isAccepted(TEXT));
    }
    rig.awaitCommitted();
    Await.until("in quarantine", Rig.LIMIT, () -> files().size() == count, rig::logs);
    rig.stopWriter();
    execute("DROP INDEX refusing");
    return files().stream()
        .map(file -> String.valueOf(file.getFileName()).replace(".quarantined", ""))
        .toList();
  }

  /** What is in quarantine. */
  List<Path> files() {
    return rig.quarantined().stream().filter(f -> f.toString().endsWith(".quarantined")).toList();
  }

  private void execute(String sql) throws SQLException {
    try (Connection connection =
            DriverManager.getConnection("jdbc:duckdb:" + rig.data().resolve("otlp.duckdb"));
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
