package io.duckspool.deploy.rules;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Which package may see which. Before you relax a rule to make a change fit: the direction of these
 * arrows is what keeps the durability of the receiver readable without knowing DuckDB, and the
 * writer testable without HTTP. Move the code, or write down why the arrow is wrong.
 */
final class LayeringTest {
  private static final DescribedPredicate<JavaClass> COMPOSITION_ROOTS =
      belongTo(
          DescribedPredicate.describe(
              "a composition root",
              type ->
                  type.getName().equals("io.duckspool.receiver.Receiver")
                      || type.getName().equals("io.duckspool.writer.Writer")));

  private static JavaClasses classes;

  @BeforeAll
  static void load() {
    classes = MainClasses.load();
    // Rules on nothing would all pass.
    for (String module : new String[] {"common", "spool", "receiver", "writer", "deploy"}) {
      assertTrue(
          classes.stream()
              .anyMatch(type -> type.getPackageName().startsWith("io.duckspool." + module)),
          "no classes of " + module);
    }
  }

  @Test
  void modules_dependInOneDirection() {
    noClasses()
        .that(resideInAPackage("io.duckspool.common.."))
        .should()
        .dependOnClassesThat(
            resideInAnyPackage(
                "io.duckspool.spool..",
                "io.duckspool.receiver..",
                "io.duckspool.writer..",
                "io.duckspool.deploy.."))
        .check(classes);
    noClasses()
        .that(resideInAPackage("io.duckspool.spool.."))
        .should()
        .dependOnClassesThat(
            resideInAnyPackage(
                "io.duckspool.receiver..", "io.duckspool.writer..", "io.duckspool.deploy.."))
        .check(classes);
  }

  @Test
  void receiverAndWriter_neverSeeEachOther() {
    noClasses()
        .that(resideInAPackage("io.duckspool.receiver.."))
        .should()
        .dependOnClassesThat(resideInAnyPackage("io.duckspool.writer..", "io.duckspool.deploy.."))
        .check(classes);
    noClasses()
        .that(resideInAPackage("io.duckspool.writer.."))
        .should()
        .dependOnClassesThat(resideInAnyPackage("io.duckspool.receiver..", "io.duckspool.deploy.."))
        .check(classes);
  }

  @Test
  void chronicle_isSeenByItsOwnPackageOnly() {
    noClasses()
        .that(not(resideInAPackage("io.duckspool.spool..")))
        .should()
        .dependOnClassesThat(resideInAPackage("net.openhft.."))
        .check(classes);
    noClasses()
        .that(resideInAPackage("io.duckspool.spool"))
        .should()
        .dependOnClassesThat(resideInAPackage("net.openhft.."))
        .check(classes);
  }

  @Test
  void theChosenSpool_isNamedByCompositionRootsOnly() {
    noClasses()
        .that(resideInAnyPackage("io.duckspool.receiver..", "io.duckspool.writer.."))
        .and(not(COMPOSITION_ROOTS))
        .should()
        .dependOnClassesThat(resideInAPackage("io.duckspool.spool.chronicle.."))
        .check(classes);
  }

  @Test
  void sql_isSpokenBySinksOnly() {
    noClasses()
        .that(not(resideInAPackage("io.duckspool.writer.sink..")))
        .should()
        .dependOnClassesThat(resideInAnyPackage("java.sql..", "javax.sql..", "org.duckdb.."))
        .check(classes);
  }

  @Test
  void arrow_isSeenByBatchesAndSinksOnly() {
    noClasses()
        .that(not(resideInAnyPackage("io.duckspool.writer.batch..", "io.duckspool.writer.sink..")))
        .and(not(COMPOSITION_ROOTS))
        .should()
        .dependOnClassesThat(resideInAPackage("org.apache.arrow.."))
        .check(classes);
  }

  @Test
  void http_isSeenByHttpPackagesAndCompositionRootsOnly() {
    noClasses()
        .that(
            not(
                resideInAnyPackage(
                    "io.duckspool.receiver.http..",
                    "io.duckspool.receiver.control..",
                    "io.duckspool.writer.control..")))
        .and(not(COMPOSITION_ROOTS))
        .should()
        .dependOnClassesThat(
            resideInAnyPackage("io.javalin..", "org.eclipse.jetty..", "jakarta.servlet.."))
        .check(classes);
  }

  @Test
  void insideTheReceiver_packagesPointOneWay() {
    noClasses()
        .that(resideInAPackage("io.duckspool.receiver.ingest.."))
        .should()
        .dependOnClassesThat(
            resideInAnyPackage(
                "io.duckspool.receiver.http..",
                "io.duckspool.receiver.lifecycle..",
                "io.duckspool.receiver.control.."))
        .check(classes);
    slices().matching("io.duckspool.receiver.(*)..").should().beFreeOfCycles().check(classes);
  }

  @Test
  void insideTheWriter_packagesPointOneWay() {
    noClasses()
        .that(resideInAnyPackage("io.duckspool.writer.sink..", "io.duckspool.writer.batch.."))
        .should()
        .dependOnClassesThat(
            resideInAnyPackage(
                "io.duckspool.writer.pipeline..",
                "io.duckspool.writer.control..",
                "io.duckspool.writer.quarantine.."))
        .check(classes);
    noClasses()
        .that(resideInAPackage("io.duckspool.writer.pipeline.."))
        .should()
        .dependOnClassesThat(resideInAPackage("io.duckspool.writer.control.."))
        .check(classes);
    slices().matching("io.duckspool.writer.(*)..").should().beFreeOfCycles().check(classes);
  }

  @Test
  void insideCommon_packagesAreFreeOfTheProcesses() {
    classes()
        .that(resideInAPackage("io.duckspool.common.otlp.."))
        .should()
        .onlyDependOnClassesThat(
            resideInAnyPackage(
                "io.duckspool.common.otlp..",
                "java..",
                "com.google.protobuf..",
                "com.fasterxml.jackson..",
                "com.github.luben..",
                "org.jspecify.."))
        .check(classes);
  }
}
