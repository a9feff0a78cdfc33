package io.duckspool.deploy.harness;

import io.duckspool.writer.servers.S3Server;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** The object storage of a rig's server, as its configuration has it. */
final class S3Places {
  private S3Places() {}

  /** Declares the keys of the store, as variables of the environment. */
  static Map<String, String> variables(S3Server store) {
    Map<String, String> variables = new TreeMap<>();
    store
        .secretKeys()
        .forEach(
            (key, value) ->
                variables.put("DUCKSPOOL_SECRETS_STORE_" + key.toUpperCase(Locale.ROOT), value));
    return variables;
  }
}
