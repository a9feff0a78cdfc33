package io.duckspool.writer.pipeline;

import io.duckspool.common.admin.AdminApi;

/** What became of an operator's wish to set a ledger. */
public sealed interface LedgerOutcome {

  /** The ledger stands where it was asked to, durable; the pipeline starts there. */
  record Set(AdminApi.LedgerSet set) implements LedgerOutcome {}

  /** Nothing has changed. */
  record Refused(String reason) implements LedgerOutcome {}
}
