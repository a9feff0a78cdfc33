package io.duckspool.common.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.AdminJson;
import io.duckspool.common.config.ConfigLoader.Role;
import io.duckspool.common.fuzz.FuzzCorpus;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Fuzzes the bodies of the control ports: the first byte is the call. */
public class AdminBodyFuzzTest {

  /** The target; throws for a finding only. */
  public static void fuzzerTestOneInput(byte[] input) throws Exception {
    FuzzCorpus.bounded(input, AdminBodyFuzzTest::take);
  }

  private static final List<Class<? extends Record>> BODIES =
      List.of(
          AdminApi.Flush.class,
          AdminApi.Stop.class,
          AdminApi.Seal.class,
          AdminApi.SetLedger.class,
          AdminApi.Sql.class,
          AdminApi.Replay.class,
          AdminApi.SealRow.class,
          AdminApi.Prepare.class,
          AdminApi.Release.class,
          AdminApi.TakeUp.class,
          AdminApi.ServerUri.class,
          AdminApi.QuarantineReplay.class,
          AdminApi.QuarantineDrop.class);

  private static final ServerParameters SERVE = parameters();

  private static ServerParameters parameters() {
    Machine machine = new Machine(2L << 30, 9L << 30, 2);
    try {
      return new ServerParameters(new ConfigLoader(Role.RECEIVER).machine(machine).load(), machine);
    } catch (ConfigException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void take(byte[] input) {
    if (input.length == 0) {
      return;
    }
    try {
      read((input[0] & 0xFF) % (BODIES.size() + 1), Arrays.copyOfRange(input, 1, input.length));
    } catch (IllegalArgumentException e) {
      if (e.getMessage() == null || e.getMessage().isEmpty()) {
        throw new AssertionError("no message", e);
      }
    }
  }

  private static void read(int call, byte[] body) {
    if (call == BODIES.size()) {
      SERVE.parse(body);
    } else {
      AdminJson.read(body, BODIES.get(call));
    }
  }

  /** Damaged ones of it are then near to a right call. */
  @Test
  void eachCall_hasAnInputThatIsRight() throws Exception {
    for (int call = 0; call <= BODIES.size(); call++) {
      byte[] input = Files.readAllBytes(Path.of("src/test/resources/fuzz/admin-body/call-" + call));
      assertEquals(call, input[0]);
      read(call, Arrays.copyOfRange(input, 1, input.length));
    }
  }

  @Test
  void inputs_areTakenOrRefused_andNothingElse() throws Exception {
    FuzzCorpus.run("admin-body", AdminBodyFuzzTest::take);
  }
}
