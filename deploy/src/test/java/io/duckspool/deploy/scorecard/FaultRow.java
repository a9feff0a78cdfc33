package io.duckspool.deploy.scorecard;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A test that brings about one kind of fault, as often as its {@link Trials} say, and holds what
 * clients were told against what is stored. Several methods may make up one row; a row's methods
 * agree on all but {@code quick}. A method with parameters of its own makes one try of each.
 */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(TrialsExtension.class)
public @interface FaultRow {
  /** In small letters and dashes; what {@code --row} names. */
  String name();

  /** The first column of the scorecard. */
  String fault();

  /** Tries of this method where time is short. */
  int quick() default 1;

  /** Tries of the whole row that the scorecard asks for. */
  int full();

  /**
   * The most tries of one run of this method, so that a long row is written down in parts, and gone
   * on with; 1 for a test that makes one try each time.
   */
  int perRun() default 1;
}
