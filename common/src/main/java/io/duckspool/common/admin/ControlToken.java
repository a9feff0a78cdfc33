package io.duckspool.common.admin;

import static java.nio.file.StandardOpenOption.WRITE;

import io.duckspool.common.server.AtomicFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.HexFormat;

/**
 * A bearer secret: compared in constant time over digests, never printed. Immutable and
 * thread-safe.
 *
 * <p>The control ports share one, kept in {@code control.token_file}; whichever process starts
 * first makes it.
 */
public final class ControlToken {

  private static final int RANDOM_BYTES = 16;

  private final String text;
  private final byte[] digest;

  private ControlToken(String text) {
    this.text = text;
    this.digest = sha256(text);
  }

  /** A token of the given text. */
  public static ControlToken of(String text) {
    return new ControlToken(text);
  }

  /** A new token: 32 lower-case hex characters, 128 random bits. */
  public static ControlToken random() {
    byte[] bytes = new byte[RANDOM_BYTES];
    new SecureRandom().nextBytes(bytes);
    return new ControlToken(HexFormat.of().formatHex(bytes));
  }

  /**
   * Reads the token file, or makes it with a random token, mode 0600. Two processes that start at
   * once get the same token: the file appears under its name with its content, and only one of them
   * can make it.
   *
   * @throws IOException when the file can't be read or made, or is empty; the message names it
   */
  public static ControlToken readOrCreate(Path file) throws IOException {
    if (!Files.exists(file)) {
      create(file);
    }
    return read(file);
  }

  /** Reads the token file; {@link IOException} names the file when it is missing or empty. */
  public static ControlToken read(Path file) throws IOException {
    String text = Files.readString(file, StandardCharsets.UTF_8).strip();
    if (text.isEmpty()) {
      throw new IOException("the token file is empty: " + file);
    }
    return new ControlToken(text);
  }

  /** Whether the candidate is this token; takes the same time wherever they differ. */
  public boolean matches(String candidate) {
    return MessageDigest.isEqual(digest, sha256(candidate));
  }

  /** The secret itself, for an {@code Authorization} header; never to be logged. */
  public String reveal() {
    return text;
  }

  @Override
  public String toString() {
    return "ControlToken[masked]";
  }

  private static void create(Path file) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null) {
      throw new IOException("not a file: " + file);
    }
    AtomicFile.createFolder(folder);
    Path own =
        Files.createTempFile(
            folder,
            String.valueOf(file.getFileName()),
            ".tmp",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try {
      try (FileChannel channel = FileChannel.open(own, WRITE)) {
        channel.write(
            ByteBuffer.wrap((random().reveal() + "\n").getBytes(StandardCharsets.US_ASCII)));
        channel.force(true);
      }
      // A hard link, unlike a rename, fails when the name is taken.
      Files.createLink(file, own);
    } catch (FileAlreadyExistsException e) {
      if (!Files.exists(file)) {
        throw e;
      }
    } finally {
      Files.deleteIfExists(own);
    }
    AtomicFile.syncFolder(folder);
  }

  private static byte[] sha256(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
