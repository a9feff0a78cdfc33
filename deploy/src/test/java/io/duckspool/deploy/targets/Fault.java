package io.duckspool.deploy.targets;

/**
 * Something that a target's server suffers.
 *
 * @param name for people
 */
record Fault(String name, Strike strike) {

  /** Brings a fault about, lets it last, and takes it away again. */
  @FunctionalInterface
  interface Strike {
    void strike(Outage outage) throws Exception;
  }
}
