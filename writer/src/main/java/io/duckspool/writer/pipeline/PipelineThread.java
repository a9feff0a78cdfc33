package io.duckspool.writer.pipeline;

import java.io.IOException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a pipeline on a thread of its own, with a bounded mailbox for what admin threads ask of it.
 * Any thread may use it.
 *
 * <p>A bug in the pipeline is not survived: it reaches the handler of uncaught exceptions, which
 * ends the process; its supervisor starts it again, and the ledger says where to go on.
 */
final class PipelineThread {

  /** Commands that may wait; a caller that finds it full is told so. */
  static final int MAILBOX_SIZE = 256;

  private static final Logger LOG = LoggerFactory.getLogger(PipelineThread.class);

  private final Pipeline pipeline;
  private final BlockingQueue<PipelineCommand> mailbox = new ArrayBlockingQueue<>(MAILBOX_SIZE);
  private final Thread thread;
  private volatile boolean isAbandoned;

  /**
   * @param pipeline closed by its thread
   */
  PipelineThread(String name, Pipeline pipeline) {
    this.pipeline = pipeline;
    this.thread = new Thread(this::run, "pipeline-" + name);
    this.thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  /** False when the mailbox is full, or the pipeline has ended. */
  boolean offer(PipelineCommand command) {
    return thread.isAlive() && mailbox.offer(command);
  }

  boolean isAlive() {
    return thread.isAlive();
  }

  Pipeline pipeline() {
    return pipeline;
  }

  /**
   * Waits for the end of a pipeline that was told to shut down; then has it drop what it has in
   * hand, and waits a little more.
   */
  void join(long drainMillis, long graceMillis) throws InterruptedException {
    thread.join(Math.max(1, drainMillis));
    isAbandoned = true;
    thread.join(graceMillis);
    if (thread.isAlive()) {
      LOG.warn("{} is still busy; what it has in hand is done again at the next start", thread);
    }
  }

  /** Has the pipeline drop what it has in hand and end; waits for it. */
  void abandon(long timeoutMillis) throws InterruptedException {
    isAbandoned = true;
    offer(new PipelineCommand.ShutDown()); // Wakes it up.
    thread.join(timeoutMillis);
  }

  private void run() {
    try {
      while (!pipeline.isEnded() && !isAbandoned) {
        PipelineCommand command = mailbox.poll(pipeline.doWork(), TimeUnit.MILLISECONDS);
        while (command != null) {
          pipeline.accept(command);
          command = mailbox.poll();
        }
      }
      close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      LOG.warn("{} was interrupted and ends", thread, e);
    } finally {
      refuseTheRest();
    }
  }

  private void close() {
    try {
      pipeline.close();
    } catch (IOException e) {
      LOG.warn("the files of {} could not be closed", thread, e);
    }
  }

  private void refuseTheRest() {
    for (PipelineCommand left = mailbox.poll(); left != null; left = mailbox.poll()) {
      pipeline.refuse(left);
    }
  }
}
