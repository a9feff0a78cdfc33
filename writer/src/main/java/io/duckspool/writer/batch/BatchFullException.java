package io.duckspool.writer.batch;

/**
 * The memory that the batches of the process share is used up: seal what is there, or try again
 * later. The batch is as it was before the call.
 */
public final class BatchFullException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  BatchFullException(Throwable cause) {
    super("the memory for open batches is used up: " + cause.getMessage(), cause);
  }
}
