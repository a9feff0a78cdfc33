package io.duckspool.deploy.harness;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.AdminException;
import io.duckspool.common.admin.AdminJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Who looks after a rig: copies and deletes its folders, and types commands. Blocks. */
public final class Operator {
  private final Rig rig;
  private final String uri;
  private final Map<String, String> environment = new HashMap<>(Distribution.environment(""));

  /**
   * @param uri of the rig's server
   * @param variables of the environment that commands need
   */
  public Operator(Rig rig, String uri, Map<String, String> variables) {
    this.rig = rig;
    this.uri = uri;
    environment.putAll(variables);
  }

  public Operator(Rig rig) {
    this(rig, "otlp:127.0.0.1:" + rig.port(), Map.of());
  }

  /** Waits until the writer refuses the target, and returns its words. */
  public String awaitRefusal() {
    Await.until(
        "the pipeline refuses",
        Rig.LIMIT,
        () -> pipeline().path("state").asText().equals("target_refused"),
        rig::logs);
    try {
      return pipeline().path("last_error").asText();
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** The state of the one pipeline, as the writer tells it; a missing one fails. */
  public JsonNode pipeline() throws IOException, InterruptedException {
    return AdminJson.MAPPER.readTree(rig.pipelines()).path(0);
  }

  /** {@code duckspool ledger set} for the rig's server. */
  public Shell.Outcome ledgerSet(String... options) {
    List<String> words = new ArrayList<>(List.of("ledger", "set", uri));
    words.addAll(List.of(options));
    return type(words);
  }

  /** The same, which must be done. */
  public String ledgerIsSet(String... options) {
    Shell.Outcome outcome = ledgerSet(options);
    assertEquals(0, outcome.exitCode(), () -> outcome.output() + rig.logs());
    return outcome.output();
  }

  /** Where the newest segment begins, by {@code duckspool list}. */
  public String startOfNewestSegment() throws IOException {
    String head = listed().path("head_index").asText();
    return head.substring(0, head.indexOf('-')) + "-0";
  }

  /** The rig's server as {@code duckspool list} shows it. */
  public JsonNode listed() throws IOException {
    Shell.Outcome list = type(List.of("list", "--json"));
    assertEquals(0, list.exitCode(), list::output);
    return AdminJson.MAPPER.readTree(list.output()).path(0);
  }

  /** Commits all that was accepted. */
  public void flush() throws IOException, InterruptedException {
    try {
      byte[] answer =
          rig.receiverControl().post(AdminApi.FLUSH, new AdminApi.Flush(uri, null), Rig.LIMIT);
      AdminApi.Flushed flushed = AdminJson.MAPPER.readValue(answer, AdminApi.Flushed.class);
      assertEquals("sealed", flushed.status(), () -> flushed + rig.logs());
    } catch (AdminException e) {
      throw new AssertionError(rig.logs(), e);
    }
  }

  /** Puts a copy of a folder in a place where nothing is. */
  public static void copy(Path from, Path to) throws IOException {
    Files.createDirectories(to.getParent());
    Shell.run("cp", "-a", "--sparse=always", from.toString(), to.toString());
  }

  public static void delete(Path folder) {
    Shell.run("rm", "-r", folder.toString());
  }

  private Shell.Outcome type(List<String> words) {
    List<String> command = new ArrayList<>(List.of(Distribution.launcher().toString()));
    command.addAll(words);
    command.addAll(List.of("--config", rig.config().toString()));
    return Shell.outcome(command, environment);
  }
}
