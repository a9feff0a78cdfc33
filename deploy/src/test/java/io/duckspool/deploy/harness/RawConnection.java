package io.duckspool.deploy.harness;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * One HTTP/1.1 connection that does exactly what it is told: a request is written once, never
 * again. Not for several threads.
 */
public final class RawConnection implements Closeable {
  private static final int MAX_LINE_BYTES = 64 * 1024;

  private final Socket socket;
  private final InputStream in;
  private final OutputStream out;
  private boolean isOpen = true;

  private RawConnection(Socket socket) throws IOException {
    this.socket = socket;
    this.in = new BufferedInputStream(socket.getInputStream(), 16 * 1024);
    this.out = socket.getOutputStream();
  }

  /** A reply; header names are in lower case. */
  public record Reply(int status, Map<String, String> headers, String body) {}

  /** Connects to the loopback port; nothing has been sent when this fails. */
  public static RawConnection open(int port, Duration timeout) throws IOException {
    Socket socket = new Socket();
    try {
      socket.setTcpNoDelay(true);
      socket.setSoTimeout((int) timeout.toMillis());
      socket.connect(new InetSocketAddress("127.0.0.1", port), (int) timeout.toMillis());
      return new RawConnection(socket);
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  /** The lines of a request up to and including the blank one. */
  public static byte[] head(
      String method, String path, Map<String, String> headers, int contentLength) {
    StringBuilder head = new StringBuilder();
    head.append(method).append(' ').append(path).append(" HTTP/1.1\r\nHost: 127.0.0.1\r\n");
    headers.forEach((name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
    head.append("Content-Length: ").append(contentLength).append("\r\n\r\n");
    return head.toString().getBytes(StandardCharsets.US_ASCII);
  }

  /** Sends one request and reads its reply. After an exception the connection is of no more use. */
  public Reply exchange(byte[] head, byte[] body) throws IOException {
    isOpen = false;
    byte[] first = head;
    if (body.length <= 64 * 1024) {
      first = new byte[head.length + body.length];
      System.arraycopy(head, 0, first, 0, head.length);
      System.arraycopy(body, 0, first, head.length, body.length);
      out.write(first);
    } else {
      out.write(first);
      out.write(body);
    }
    out.flush();
    return readReply();
  }

  /** False after a failure, or when the server said that it closes. */
  public boolean isOpen() {
    return isOpen;
  }

  private Reply readReply() throws IOException {
    String statusLine = readLine();
    String[] parts = statusLine.split(" ", 3);
    if (parts.length < 2 || !parts[0].startsWith("HTTP/1.")) {
      throw new IOException("not a status line: " + statusLine);
    }
    int status = Integer.parseInt(parts[1]);
    Map<String, String> headers = new TreeMap<>();
    for (String line = readLine(); !line.isEmpty(); line = readLine()) {
      int colon = line.indexOf(':');
      headers.put(
          line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).trim());
    }
    if (headers.containsKey("transfer-encoding")) {
      throw new IOException("a reply of unknown length: " + headers);
    }
    int length = Integer.parseInt(headers.getOrDefault("content-length", "0"));
    byte[] body = in.readNBytes(length);
    if (body.length < length) {
      throw new EOFException("reply cut after " + body.length + " of " + length + " bytes");
    }
    isOpen = !"close".equalsIgnoreCase(headers.getOrDefault("connection", ""));
    return new Reply(status, headers, new String(body, StandardCharsets.UTF_8));
  }

  private String readLine() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    while (true) {
      int next = in.read();
      if (next < 0) {
        throw new EOFException("connection closed by the server");
      }
      if (next == '\n') {
        String text = line.toString(StandardCharsets.ISO_8859_1);
        return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
      }
      if (line.size() == MAX_LINE_BYTES) {
        throw new IOException("header line too long");
      }
      line.write(next);
    }
  }

  @Override
  public void close() throws IOException {
    isOpen = false;
    socket.close();
  }
}
