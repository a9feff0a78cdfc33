package io.duckspool.deploy.scorecard;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectPackage;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.discovery.ClassNameFilter;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;

/** The rows of the scorecard, as the tests have them. */
final class Rows {
  private static final String PACKAGE = "io.duckspool.deploy";

  private Rows() {}

  /** A row, and the tests that it consists of. */
  record Row(FaultRow row, List<Method> methods) {
    String name() {
      return row.name();
    }

    List<? extends DiscoverySelector> selectors() {
      return methods.stream()
          .map(method -> selectMethod(method.getDeclaringClass(), method))
          .toList();
    }
  }

  /** All of them, by name. */
  static Map<String, Row> find(Launcher launcher) {
    TestPlan plan =
        launcher.discover(
            LauncherDiscoveryRequestBuilder.request()
                .selectors(selectPackage(PACKAGE))
                .filters(ClassNameFilter.includeClassNamePatterns(".*IT"))
                .build());
    Map<String, Row> rows = new TreeMap<>();
    plan.getRoots().stream()
        .map(plan::getDescendants)
        .flatMap(Collection::stream)
        .map(TestIdentifier::getSource)
        .flatMap(java.util.Optional::stream)
        .filter(MethodSource.class::isInstance)
        .map(source -> ((MethodSource) source).getJavaMethod())
        .filter(method -> method.isAnnotationPresent(FaultRow.class))
        .forEach(
            method -> {
              FaultRow row = method.getAnnotation(FaultRow.class);
              Row known = rows.computeIfAbsent(row.name(), n -> new Row(row, new ArrayList<>()));
              requireEqual(known.row(), row);
              known.methods().add(method);
            });
    return rows;
  }

  private static void requireEqual(FaultRow one, FaultRow other) {
    if (!one.fault().equals(other.fault())
        || one.full() != other.full()
        || one.perRun() != other.perRun()) {
      throw new IllegalStateException("the methods of row " + one.name() + " don't agree");
    }
  }
}
