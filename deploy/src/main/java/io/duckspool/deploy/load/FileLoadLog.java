package io.duckspool.deploy.load;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/** Numbers from 0 on, and the answers into an ack log, if one is wanted. */
public final class FileLoadLog implements LoadLog {
  private final AtomicLong next = new AtomicLong();
  private final Optional<AckLogWriter> file;

  /**
   * @param file stays the caller's to close
   */
  public FileLoadLog(Optional<AckLogWriter> file) {
    this.file = file;
  }

  @Override
  public long draw() {
    return next.getAndIncrement();
  }

  @Override
  public void answered(Answer answer) {
    file.ifPresent(log -> log.answered(answer));
  }

  /** To be called once the load has ended. */
  public void ended() {
    file.ifPresent(log -> log.ended(next.get()));
  }
}
