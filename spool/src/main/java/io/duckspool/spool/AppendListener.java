package io.duckspool.spool;

/**
 * Told once about an append that returned: when it is durable, or that it will never be known to
 * be. Called by the sync thread (in {@link SyncMode#OS} by the appending thread, before {@link
 * Spool#append} returns): it must not block and must not throw.
 */
public interface AppendListener {

  /** The entry survives what the {@link SyncMode} promises. */
  void onDurable(SpoolIndex index);

  /** The entry may or may not survive: {@link SpoolPoisonedException} or closed. Never an ack. */
  void onFailed(SpoolIndex index, SpoolException failure);
}
