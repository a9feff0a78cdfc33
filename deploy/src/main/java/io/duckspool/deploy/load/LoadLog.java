package io.duckspool.deploy.load;

/**
 * Gives the numbers of a load's requests and takes their answers. Called by all connections at
 * once. A number is drawn before the first byte of its request goes out, and never again.
 */
public interface LoadLog {
  /** Draws the next number, 0 and up. */
  long draw();

  /** Notes how a request ended, once; what it throws ends the load. */
  void answered(Answer answer);
}
