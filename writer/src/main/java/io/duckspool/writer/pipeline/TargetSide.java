package io.duckspool.writer.pipeline;

import io.duckspool.writer.sink.Sink;

/**
 * The parts of a pipeline that speak to its target; replaced together when the target is.
 *
 * <p>Used by the pipeline's thread, which closes the sink.
 */
record TargetSide(
    Sink sink,
    Starter starter,
    LedgerReset ledgerReset,
    SealStep seal,
    Maintenance maintenance,
    QuarantineReplay quarantineReplay) {

  static TargetSide of(
      PipelineSettings settings,
      PipelineParts parts,
      Sink sink,
      SealStep seal,
      QuarantineReplay quarantineReplay) {
    return new TargetSide(
        sink,
        new Starter(settings, sink, parts.isReceiverOfRunAlive(), parts.clock()),
        new LedgerReset(settings, sink, parts.isReceiverOfRunAlive(), parts.clock()),
        seal,
        new Maintenance(settings.listenUri(), sink, parts.nanoTicker()),
        quarantineReplay);
  }

  /** Drops the batch in hand and closes the sink. */
  void close() {
    seal.drop();
    sink.close();
  }
}
