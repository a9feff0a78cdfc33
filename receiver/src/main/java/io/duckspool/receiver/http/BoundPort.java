package io.duckspool.receiver.http;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.util.ArrayList;
import java.util.List;

/**
 * The sockets of one host and port: {@code localhost} is 127.0.0.1 and, where there is IPv6, ::1,
 * both or neither. Owned by one thread until a listener takes the sockets over; connections that
 * arrive before wait.
 */
public final class BoundPort implements AutoCloseable {

  /** Connections that wait to be accepted; the kernel's own default bound is 4096. */
  private static final int BACKLOG = 1024;

  private static final String LOCALHOST = "localhost";

  private final List<ServerSocketChannel> channels;

  private BoundPort(List<ServerSocketChannel> channels) {
    this.channels = channels;
  }

  /**
   * Binds all addresses of a host.
   *
   * @throws IOException names address, port and cause; nothing stays bound
   */
  public static BoundPort bind(String host, int port) throws IOException {
    BoundPort bound = new BoundPort(new ArrayList<>());
    boolean complete = false;
    try {
      for (InetAddress address : addresses(host)) {
        bound.add(new InetSocketAddress(address, port));
      }
      complete = true;
      return bound;
    } finally {
      if (!complete) {
        bound.close();
      }
    }
  }

  List<ServerSocketChannel> channels() {
    return channels;
  }

  private void add(InetSocketAddress address) throws IOException {
    ServerSocketChannel channel = ServerSocketChannel.open();
    channels.add(channel);
    try {
      channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
      channel.bind(address, BACKLOG);
    } catch (IOException | RuntimeException e) {
      throw new IOException(
          "can't listen on "
              + address.getAddress().getHostAddress()
              + " port "
              + address.getPort()
              + ": "
              + e.getMessage(),
          e);
    }
  }

  private static List<InetAddress> addresses(String host) throws IOException {
    if (!host.equals(LOCALHOST)) {
      return List.of(InetAddress.getByName(host));
    }
    InetAddress v6 = InetAddress.getByName("::1");
    InetAddress v4 = InetAddress.getByName("127.0.0.1");
    return hasAddress(v6) ? List.of(v4, v6) : List.of(v4);
  }

  private static boolean hasAddress(InetAddress address) throws SocketException {
    return NetworkInterface.getByInetAddress(address) != null;
  }

  /** Closes the sockets; safe to call twice. */
  @Override
  public void close() throws IOException {
    for (ServerSocketChannel channel : channels) {
      channel.close();
    }
  }
}
