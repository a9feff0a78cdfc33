package io.duckspool.common.server;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;

/**
 * Symbolic links where a data folder has files and folders of its own: refused before anything is
 * locked, written or deleted there. What lies behind a link may be somebody else's, open to others,
 * or on a disk that is not mounted. The data folder itself may be a link: its operator named it.
 */
public final class SymbolicLinks {

  /** What both processes make in the data folder; anything else there is the operator's. */
  private static final List<String> OWN =
      List.of(
          "control.token",
          "extensions",
          "otlp.duckdb",
          "otlp.duckdb.wal",
          "quarantine",
          "receiver.lock",
          "servers",
          "staging",
          "stopped.json",
          "tmp",
          "writer.ended",
          "writer.lock");

  /** Which of them hold accepted requests and tokens: nothing in there is a link, either. */
  private static final List<String> DEEP = List.of("quarantine", "servers");

  private SymbolicLinks() {}

  /**
   * Looks through a data folder.
   *
   * @throws IOException one is there; the message names it
   */
  static void refuseInData(Path data) throws IOException {
    for (String name : OWN) {
      if (Files.isSymbolicLink(data.resolve(name))) {
        throw refused(data.resolve(name));
      }
    }
    for (String name : DEEP) {
      refuse(data.resolve(name));
    }
  }

  /**
   * Looks through a folder of the data folder, which may be missing, and may change meanwhile.
   *
   * @throws IOException it is a link, or one is in it; the message names it
   */
  public static void refuse(Path folder) throws IOException {
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            if (attributes.isSymbolicLink()) {
              throw refused(file);
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
            if (e instanceof NoSuchFileException) {
              return FileVisitResult.CONTINUE;
            }
            throw e;
          }
        });
  }

  private static IOException refused(Path link) {
    return new IOException(
        link
            + " is a symbolic link, which is not followed in a data folder: put the file or folder"
            + " itself there");
  }
}
