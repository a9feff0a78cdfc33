package io.duckspool.deploy.harness;

import static org.junit.jupiter.api.Assertions.assertTrue;

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
public final class RefusingIndex {
  /** The text of all that is refused. */
  public static final String TEXT = "again";

  private final Rig rig;

  public RefusingIndex(Rig rig) {
    this.rig = rig;
  }

  /**
   * Has requests of one row each refused; the writer is stopped, and the constraint gone, then.
   *
   * @return the indices of their entries
   */
  public List<String> quarantine(int count) throws IOException, SQLException {
    List<Path> before = files();
    assertTrue(rig.isAccepted(TEXT));
    rig.awaitCommitted();
    rig.stopWriter();
    execute("CREATE UNIQUE INDEX refusing ON otlp_logs (body)");
    rig.startWriter();
    for (int i = 0; i < count; i++) {
      assertTrue(rig.isAccepted(TEXT));
    }
    rig.awaitCommitted();
    Await.until(
        "in quarantine", Rig.LIMIT, () -> files().size() == before.size() + count, rig::logs);
    rig.stopWriter();
    execute("DROP INDEX refusing");
    return files().stream()
        .filter(file -> !before.contains(file))
        .map(file -> String.valueOf(file.getFileName()).replace(".quarantined", ""))
        .toList();
  }

  /** What is in quarantine. */
  public List<Path> files() {
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
