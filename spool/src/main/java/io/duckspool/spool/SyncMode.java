package io.duckspool.spool;

/** When an append counts as durable. */
public enum SyncMode {
  /** After an fsync that covers it, shared by all appends that wait: survives a power cut. */
  GROUP,
  /** When the kernel has it: survives the death of any process, not a power cut. */
  OS
}
