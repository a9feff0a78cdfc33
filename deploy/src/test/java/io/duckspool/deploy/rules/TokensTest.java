package io.duckspool.deploy.rules;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import io.duckspool.common.admin.ControlToken;
import io.duckspool.common.config.Secret;
import java.security.MessageDigest;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Tokens are compared in one place, in constant time, as digests. By the byte code. */
final class TokensTest {
  private static final Set<String> COMPARISONS =
      Set.of(
          "equals",
          "equalsIgnoreCase",
          "compareTo",
          "compareToIgnoreCase",
          "contentEquals",
          "mismatch",
          "compare",
          "hashCode");

  private static JavaClasses classes;

  @BeforeAll
  static void load() {
    classes = MainClasses.load();
  }

  @Test
  void onlyTheDigestsOfTokensAreCompared_andOnlyInOnePlace() {
    assertEquals(Set.of("ControlToken.matches"), usersOf(MessageDigest.class, "isEqual"));
    assertEquals(
        Set.of("ControlToken.<init>", "ControlToken.matches"),
        usersOf(ControlToken.class, "digest"));
    assertEquals(
        Set.of("ControlToken.<init>", "ControlToken.matches"),
        usersOf(ControlToken.class, "sha256"));
  }

  @Test
  void whoeverReadsTheTokenOfARequest_comparesNothingElse() {
    Set<String> readers = Set.of("Authentication.hasToken", "ControlGuard.checkToken");
    assertEquals(readers, usersOf(ControlToken.class, "matches"));
    assertEquals(Set.of(), comparing(unit -> readers.contains(name(unit))));
  }

  /**
   * The configuration compares its secrets, by {@link Secret#equals}, and the receiver a token with
   * the file that it writes it to: both sides are their own.
   */
  @Test
  void whoeverSeesASecret_comparesNothing() {
    assertEquals(
        Set.of("ControlToken.<init>", "ControlToken.reveal"), usersOf(ControlToken.class, "text"));
    assertEquals(
        Set.of("Secret.<init>", "Secret.equals", "Secret.hashCode", "Secret.reveal"),
        usersOf(Secret.class, "text"));
    assertEquals(Set.of(), usersOf(ControlToken.class, "equals"));
    assertEquals(
        Set.of("ServerRunner.writeToken"),
        comparing(
            unit ->
                uses(unit, ControlToken.class, "reveal") || uses(unit, Secret.class, "reveal")));
  }

  private static Set<String> usersOf(Class<?> owner, String member) {
    return names(unit -> uses(unit, owner, member));
  }

  private static Set<String> comparing(Predicate<JavaCodeUnit> among) {
    return names(
        unit ->
            among.test(unit)
                && unit.getAccessesFromSelf().stream()
                    .anyMatch(access -> COMPARISONS.contains(access.getTarget().getName())));
  }

  private static Set<String> names(Predicate<JavaCodeUnit> wanted) {
    return classes.stream()
        .flatMap(type -> type.getCodeUnits().stream())
        .filter(wanted)
        .map(TokensTest::name)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static boolean uses(JavaCodeUnit unit, Class<?> owner, String member) {
    return unit.getAccessesFromSelf().stream()
        .map(JavaAccess::getTarget)
        .anyMatch(
            target ->
                target.getOwner().getName().equals(owner.getName())
                    && target.getName().equals(member));
  }

  private static String name(JavaCodeUnit unit) {
    return unit.getOwner().getSimpleName() + "." + unit.getName();
  }
}
