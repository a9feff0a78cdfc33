package io.duckspool.writer.sink;

import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.sql.Statement;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Interrupts a running query at once. {@link Statement#cancel()} waits for the driver's lock, which
 * is held while a statement is planned and while rows of a streamed result are computed: in those
 * phases it would interrupt nothing. DuckDB's own interrupt only sets a flag and may be called at
 * any time. The driver keeps it to itself, hence reflection; where a later driver has it elsewhere,
 * {@code cancel} must do.
 */
final class DriverInterrupt {

  private static final Logger LOG = LoggerFactory.getLogger(DriverInterrupt.class);

  private static final @Nullable DriverInterrupt FOUND = find();

  private final Method interrupt;
  private final Field connection;

  private DriverInterrupt(Method interrupt, Field connection) {
    this.interrupt = interrupt;
    this.connection = connection;
  }

  private static @Nullable DriverInterrupt find() {
    try {
      Method interrupt =
          Class.forName("org.duckdb.DuckDBNative")
              .getDeclaredMethod("duckdb_jdbc_interrupt", ByteBuffer.class);
      Field connection = DuckDBConnection.class.getDeclaredField("connRef");
      interrupt.setAccessible(true);
      connection.setAccessible(true);
      return new DriverInterrupt(interrupt, connection);
    } catch (ReflectiveOperationException | RuntimeException e) {
      LOG.warn("this DuckDB driver can't be interrupted while it plans or streams", e);
      return null;
    }
  }

  /** True when the driver is as it is known here. */
  static boolean isFound() {
    return FOUND != null;
  }

  /**
   * Interrupts what runs on the connection. Doesn't wait.
   *
   * @param open must not be closed before this returns
   * @param statement of that connection
   */
  static void interrupt(DuckDBConnection open, Statement statement) throws SQLException {
    if (FOUND == null) {
      statement.cancel();
      return;
    }
    try {
      Object unused = FOUND.interrupt.invoke(null, FOUND.connection.get(open));
    } catch (ReflectiveOperationException e) {
      throw new SQLException("the query can't be interrupted", e);
    }
  }
}
