package io.duckspool.deploy.export;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** Makes files and folders that were not there, for their owner alone. */
final class NewFile {

  private static final int BUFFER_BYTES = 64 << 10;

  private NewFile() {}

  /** Opens a new file; {@link java.nio.file.FileAlreadyExistsException} when it is there. */
  static OutputStream open(Path file) throws IOException {
    return new BufferedOutputStream(
        Channels.newOutputStream(
            FileChannel.open(
                file,
                Set.of(CREATE_NEW, WRITE),
                PosixFilePermissions.asFileAttribute(
                    PosixFilePermissions.fromString("rw-------")))),
        BUFFER_BYTES);
  }

  /** Makes a folder where there is none; one that is there may hold other files. */
  static void folder(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      Files.createDirectory(
          folder,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }
  }
}
