package io.duckspool.deploy.rules;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;

/**
 * The main classes of all modules: not the tests, nor the fixtures that modules lend each other.
 */
final class MainClasses {

  private MainClasses() {}

  static JavaClasses load() {
    return new ClassFileImporter()
        .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
        .withImportOption(location -> !location.contains("-tests.jar"))
        .importPackages("io.duckspool");
  }
}
