package io.duckspool.common.config;

/**
 * One thing that is wrong with the configuration.
 *
 * @param key the key, such as {@code spool.sync} or {@code servers[0].uri}
 * @param origin where the value stands: {@code duckspool.yaml:12}, {@code environment variable
 *     DUCKSPOOL_SPOOL_SYNC}, {@code flag --data}, {@code default}
 * @param message what is expected and what was found; no secrets
 */
public record ConfigProblem(String key, String origin, String message) {
  /** {@code origin: key: message}. */
  @Override
  public String toString() {
    return origin + ": " + key + ": " + message;
  }
}
