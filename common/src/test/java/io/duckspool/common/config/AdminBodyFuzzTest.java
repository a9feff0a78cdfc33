package io.duckspool.common.config;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.AdminJson;
import io.duckspool.common.config.ConfigLoader.Role;
import io.duckspool.common.fuzz.FuzzCorpus;
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
          AdminApi.SealRow.class);

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
    int call = (input[0] & 0xFF) % (BODIES.size() + 1);
    byte[] body = Arrays.copyOfRange(input, 1, input.length);
    try {
      if (call == BODIES.size()) {
        SERVE.parse(body);
      } else {
        AdminJson.read(body, BODIES.get(call));
      }
    } catch (IllegalArgumentException e) {
      if (e.getMessage() == null || e.getMessage().isEmpty()) {
        throw new AssertionError("no message", e);
      }
    }
  }

  @Test
  void inputs_areTakenOrRefused_andNothingElse() throws Exception {
    FuzzCorpus.run("admin-body", AdminBodyFuzzTest::take);
  }
}
