package io.duckspool.deploy.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.duckspool.common.process.ExitCode;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code duckspool version}. */
@Command(
    name = "version",
    description = "Prints the version of duckspool, and of the Java it runs on.",
    mixinStandardHelpOptions = true)
final class VersionCommand implements Callable<Integer> {
  @Mixin private CommonOptions common = new CommonOptions();
  @Mixin private JsonOption json = new JsonOption();
  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the field
  VersionCommand() {}

  @Override
  public Integer call() throws JsonProcessingException {
    PrintWriter out = spec.commandLine().getOut();
    if (json.isSet()) {
      Map<String, String> versions = new LinkedHashMap<>();
      versions.put("version", version());
      versions.put("java", System.getProperty("java.version", "unknown"));
      out.println(new ObjectMapper().writeValueAsString(versions));
    } else {
      out.println(text());
    }
    return ExitCode.DONE;
  }

  private static String text() {
    return "duckspool " + version() + " (Java " + System.getProperty("java.version") + ")";
  }

  /** Of the jar's manifest; there is none when the classes run without a jar. */
  private static String version() {
    String version = VersionCommand.class.getPackage().getImplementationVersion();
    return version == null ? "unpackaged" : version;
  }

  /** For {@code --version}. */
  static final class Provider implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {text()};
    }
  }
}
