package io.duckspool.deploy.load;

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
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/**
 * One HTTP/1.1 connection that does exactly what it is told: a request is written once, never
 * again, and no other connection is opened beside it. Not for several threads; whoever opened it
 * closes it.
 */
public final class HttpConnection implements Closeable {
  private static final int MAX_LINE_BYTES = 64 * 1024;
  private static final int MAX_REPLY_BYTES = 16 << 20;
  private static final int MAX_ONE_WRITE_BYTES = 64 * 1024;

  private final Socket socket;
  private final InputStream in;
  private final OutputStream out;
  private boolean isOpen = true;

  private HttpConnection(Socket socket) throws IOException {
    this.socket = socket;
    this.in = new BufferedInputStream(socket.getInputStream(), 16 * 1024);
    this.out = socket.getOutputStream();
  }

  /** A reply; header names are in lower case. */
  public record Reply(int status, Map<String, String> headers, String body) {}

  /**
   * Connects; nothing has been sent when this fails.
   *
   * @param isTls whether to speak TLS, with the certificate checked against the host
   * @param timeout of the connection's making, and of each wait for bytes of a reply
   */
  public static HttpConnection open(String host, int port, boolean isTls, Duration timeout)
      throws IOException {
    Socket socket = new Socket();
    try {
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(Math.toIntExact(timeout.toMillis()));
      socket.connect(new InetSocketAddress(host, port), Math.toIntExact(timeout.toMillis()));
      return new HttpConnection(isTls ? secured(socket, host, port) : socket);
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  /**
   * The lines of a request up to and including the blank one.
   *
   * @param authority what the Host header says
   */
  public static byte[] head(
      String method,
      String path,
      String authority,
      Map<String, String> headers,
      int contentLength) {
    StringBuilder head = new StringBuilder();
    head.append(method).append(' ').append(path).append(" HTTP/1.1\r\n");
    head.append("Host: ").append(authority).append("\r\n");
    headers.forEach((name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
    head.append("Content-Length: ").append(contentLength).append("\r\n\r\n");
    return head.toString().getBytes(StandardCharsets.US_ASCII);
  }

  /**
   * Sends one request and reads its reply. After an exception the connection is of no more use, and
   * nobody knows whether the request was taken.
   *
   * @param body borrowed until return
   */
  public Reply exchange(byte[] head, byte[] body) throws IOException {
    isOpen = false;
    IOException cut;
    try {
      send(head, body);
      return readReply();
    } catch (java.net.SocketException e) {
      // A server may answer, and close, before it has read the body.
      cut = e;
    }
    try {
      Reply reply = readReply();
      isOpen = false;
      return reply;
    } catch (IOException e) {
      cut.addSuppressed(e);
      throw cut;
    }
  }

  /** False after a failure, or when the server said that it closes. */
  public boolean isOpen() {
    return isOpen;
  }

  private void send(byte[] head, byte[] body) throws IOException {
    if (body.length <= MAX_ONE_WRITE_BYTES) {
      byte[] all = new byte[head.length + body.length];
      System.arraycopy(head, 0, all, 0, head.length);
      System.arraycopy(body, 0, all, head.length, body.length);
      out.write(all);
    } else {
      out.write(head);
      out.write(body);
    }
    out.flush();
  }

  private Reply readReply() throws IOException {
    while (true) {
      String statusLine = readLine();
      String[] parts = statusLine.split(" ", 3);
      if (parts.length < 2 || !parts[0].startsWith("HTTP/1.") || !parts[1].matches("[0-9]{3}")) {
        throw new IOException("not a status line: " + statusLine);
      }
      int status = Integer.parseInt(parts[1]);
      Map<String, String> headers = readHeaders();
      if (status >= 200) {
        byte[] body = readBody(status, headers);
        return new Reply(status, headers, new String(body, StandardCharsets.UTF_8));
      }
    }
  }

  private Map<String, String> readHeaders() throws IOException {
    Map<String, String> headers = new TreeMap<>();
    for (String line = readLine(); !line.isEmpty(); line = readLine()) {
      int colon = line.indexOf(':');
      if (colon < 1) {
        throw new IOException("not a header: " + line);
      }
      headers.put(
          line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).trim());
    }
    return headers;
  }

  /** The body by RFC 9112, 6.3; leaves the connection open where its end is known. */
  private byte[] readBody(int status, Map<String, String> headers) throws IOException {
    boolean isClosing = "close".equalsIgnoreCase(headers.getOrDefault("connection", ""));
    byte[] body;
    if (status == 204 || status == 304) {
      body = new byte[0];
    } else if ("chunked".equalsIgnoreCase(headers.getOrDefault("transfer-encoding", ""))) {
      body = readChunks();
    } else if (headers.containsKey("content-length")) {
      body = readExactly(size(headers.getOrDefault("content-length", ""), 10));
    } else {
      body = in.readNBytes(MAX_REPLY_BYTES);
      isClosing = true;
    }
    isOpen = !isClosing;
    return body;
  }

  private byte[] readChunks() throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    while (true) {
      String line = readLine();
      int end = line.indexOf(';');
      int size = size(end < 0 ? line : line.substring(0, end), 16);
      if (size == 0) {
        readHeaders();
        return body.toByteArray();
      }
      if (body.size() + size > MAX_REPLY_BYTES) {
        throw new IOException("a reply of more than " + MAX_REPLY_BYTES + " bytes");
      }
      body.writeBytes(readExactly(size));
      readLine();
    }
  }

  private static int size(String text, int radix) throws IOException {
    int size;
    try {
      size = Integer.parseInt(text.strip(), radix);
    } catch (NumberFormatException e) {
      throw new IOException("not a length: " + text, e);
    }
    if (size < 0 || size > MAX_REPLY_BYTES) {
      throw new IOException("a reply of " + text + " bytes, over " + MAX_REPLY_BYTES);
    }
    return size;
  }

  private byte[] readExactly(int length) throws IOException {
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw new EOFException("reply cut after " + bytes.length + " of " + length + " bytes");
    }
    return bytes;
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

  private static Socket secured(Socket socket, String host, int port) throws IOException {
    SSLSocket secured =
        (SSLSocket)
            ((SSLSocketFactory) SSLSocketFactory.getDefault())
                .createSocket(socket, host, port, true);
    SSLParameters parameters = secured.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    secured.setSSLParameters(parameters);
    secured.startHandshake();
    return secured;
  }

  @Override
  public void close() throws IOException {
    isOpen = false;
    socket.close();
  }
}
