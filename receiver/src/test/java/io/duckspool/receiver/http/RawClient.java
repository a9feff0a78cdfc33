package io.duckspool.receiver.http;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** An HTTP/1.1 client that sends exactly the bytes it is given. */
public final class RawClient implements AutoCloseable {

  private final Socket socket = new Socket();
  private final InputStream in;
  private final OutputStream out;
  private int pushed = -1;

  public RawClient(String host, int port) throws IOException {
    socket.connect(new InetSocketAddress(host, port), 5_000);
    socket.setSoTimeout(20_000);
    socket.setTcpNoDelay(true);
    in = new BufferedInputStream(socket.getInputStream());
    out = socket.getOutputStream();
  }

  /** One reply; header names in lower case. */
  public record Reply(int status, Map<String, String> headers, byte[] body) {
    public String text() {
      return new String(body, StandardCharsets.UTF_8);
    }
  }

  public RawClient send(String text) throws IOException {
    return send(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  public RawClient send(byte[] bytes) throws IOException {
    out.write(bytes);
    out.flush();
    return this;
  }

  /** Sends without caring whether the other side still listens. */
  public boolean trySend(byte[] bytes) {
    try {
      send(bytes);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** The status line of an interim reply, with its empty header block. */
  public String statusLine() throws IOException {
    String status = line();
    while (!line().isEmpty()) {
      continue;
    }
    return status;
  }

  public Reply reply() throws IOException {
    String status = line();
    while (status.startsWith("HTTP/1.1 100")) {
      line();
      status = line();
    }
    Map<String, String> headers = new TreeMap<>();
    for (String line = line(); !line.isEmpty(); line = line()) {
      int colon = line.indexOf(':');
      headers.put(
          line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
    }
    int length = Integer.parseInt(headers.getOrDefault("content-length", "0"));
    byte[] body = in.readNBytes(length);
    if (body.length < length) {
      throw new EOFException("body of " + body.length + " of " + length + " bytes");
    }
    return new Reply(Integer.parseInt(status.split(" ")[1]), headers, body);
  }

  /** Whether a first byte of a reply comes in time; none is taken. */
  public boolean hasReplyWithin(java.time.Duration time) throws IOException {
    int before = socket.getSoTimeout();
    socket.setSoTimeout((int) time.toMillis());
    try {
      pushed = in.read();
      return true;
    } catch (java.net.SocketTimeoutException e) {
      return false;
    } finally {
      socket.setSoTimeout(before);
    }
  }

  /** Sends nothing more, and still reads. */
  public void endOutput() throws IOException {
    socket.shutdownOutput();
  }

  /** Everything up to the end of the connection. */
  public String rest() throws IOException {
    return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
  }

  /** True when the server ends the connection and sends nothing more. */
  public boolean isClosedByServer() throws IOException {
    try {
      return in.read() < 0;
    } catch (java.net.SocketException e) {
      return true;
    }
  }

  private int next() throws IOException {
    int b = pushed >= 0 ? pushed : in.read();
    pushed = -1;
    return b;
  }

  private String line() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    while (true) {
      int b = next();
      if (b < 0) {
        throw new EOFException("connection closed after " + line);
      }
      if (b == '\n') {
        return line.toString(StandardCharsets.ISO_8859_1).stripTrailing();
      }
      line.write(b);
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
