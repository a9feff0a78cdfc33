package io.duckspool.common.admin;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.function.BooleanSupplier;

/**
 * Sees that a client has gone while its request is worked on: nothing is read from a connection
 * then, so nobody else would notice. Asked by one thread, between the end of the request's body and
 * the end of its handling.
 */
public final class ClientSocket implements BooleanSupplier {

  private final SocketChannel channel;
  private final ByteBuffer read = ByteBuffer.allocate(1);

  /**
   * The client at the other end of a connection.
   *
   * @param channel does not block; not closed here
   */
  public ClientSocket(SocketChannel channel) {
    this.channel = channel;
  }

  /**
   * True when the client is gone, or sends more before it has its answer: no client of ours does,
   * and what is read here can't be given back.
   */
  @Override
  public boolean getAsBoolean() {
    try {
      return !channel.isOpen() || channel.read(read.clear()) != 0;
    } catch (IOException e) {
      return true;
    }
  }
}
