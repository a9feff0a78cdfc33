package io.duckspool.deploy.harness;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.Map;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Skips loudly where loop mounts and private mount namespaces are not to be had. */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(NeedsRoot.Condition.class)
public @interface NeedsRoot {
  /** Asks the kernel by trying. */
  final class Condition implements ExecutionCondition {
    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
      String user = Shell.run("id", "-u").strip();
      if (!user.equals("0")) {
        return skipped(context, "not root");
      }
      Shell.Outcome outcome =
          Shell.outcome(
              java.util.List.of("unshare", "--mount", "--propagation", "private", "losetup", "-f"),
              Map.of());
      if (outcome.exitCode() != 0) {
        return skipped(context, "no loop devices: " + outcome.output().strip());
      }
      return ConditionEvaluationResult.enabled("root");
    }

    private static ConditionEvaluationResult skipped(ExtensionContext context, String reason) {
      System.err.println("skipped: " + reason + ": " + context.getDisplayName());
      return ConditionEvaluationResult.disabled(reason);
    }
  }
}
