package io.duckspool.writer.sink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Modifier;
import java.util.List;
import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each kind of target has its run of the contract, on a real server, and none is left out. */
final class SinkSuitesTest {

  static List<Class<? extends SinkContract>> suites() {
    return List.of(
        DuckDbSinkTest.class,
        DuckDbMemorySinkTest.class,
        DuckDbCatalogSinkTest.class,
        DuckLakeSinkTest.class,
        DuckLakeOnSqliteSinkTest.class,
        DuckLakeOnPostgresSinkTest.class,
        IcebergSinkTest.class,
        ParquetFolderTest.class,
        ParquetS3Test.class);
  }

  @ParameterizedTest
  @MethodSource("suites")
  void theBuildRunsIt(Class<? extends SinkContract> suite) {
    assertTrue(suite.getSimpleName().endsWith("Test"), "the name that Surefire looks for");
    assertFalse(suite.isAnnotationPresent(Disabled.class));
    assertEquals(0, Modifier.ABSTRACT & suite.getModifiers());
  }
}
