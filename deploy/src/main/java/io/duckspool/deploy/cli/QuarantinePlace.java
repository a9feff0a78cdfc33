package io.duckspool.deploy.cli;

import io.duckspool.common.admin.ListenUri;
import io.duckspool.common.process.ExitCode;
import io.duckspool.common.server.DataFolder;
import io.duckspool.common.server.ServerFile;
import io.duckspool.common.server.ServerFolder;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.writer.quarantine.QuarantineFolder;
import io.duckspool.writer.quarantine.QuarantinedFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A quarantine in the data folder: of a server that is there, or kept of one that was stopped.
 *
 * @param server its listen URI; of a stopped server the spool id, which is all that is known; of
 *     one whose file can't be read the name of its folder
 * @param isKept whether its server was stopped
 */
record QuarantinePlace(String server, Path folder, boolean isKept) {

  /** All quarantines, or the one of a server, as it was named by its URI or its spool id. */
  static List<QuarantinePlace> find(DataFolder data, Optional<String> server)
      throws CommandFailedException {
    List<QuarantinePlace> all;
    try {
      all = all(data);
    } catch (IOException e) {
      throw new CommandFailedException(ExitCode.FAILED, "can't read " + data.root() + ": " + e);
    }
    if (server.isEmpty()) {
      return all;
    }
    String wanted = canonical(server.get());
    List<QuarantinePlace> found =
        all.stream().filter(place -> place.server().equals(wanted)).toList();
    if (found.isEmpty()) {
      throw new CommandFailedException(
          ExitCode.FAILED,
          "no server and no kept quarantine " + server.get() + " in " + data.root());
    }
    return found;
  }

  /**
   * The one quarantine of {@link #find}, or the only one that has anything in it.
   *
   * @param how the command has a server named
   */
  static QuarantinePlace findOne(DataFolder data, Optional<String> server, String how)
      throws CommandFailedException {
    List<QuarantinePlace> found = new ArrayList<>(find(data, server));
    if (found.size() > 1) {
      found.removeIf(place -> !Files.isDirectory(place.folder()));
    }
    if (found.isEmpty()) {
      throw new CommandFailedException(ExitCode.FAILED, "nothing is in quarantine");
    }
    return one(found, how);
  }

  /** The quarantine that has an index. */
  static QuarantinePlace findOne(DataFolder data, Optional<String> server, SpoolIndex index)
      throws CommandFailedException, IOException {
    List<QuarantinePlace> found = new ArrayList<>();
    for (QuarantinePlace place : find(data, server)) {
      if (place.file(index).isPresent()) {
        found.add(place);
      }
    }
    if (found.isEmpty()) {
      throw new CommandFailedException(ExitCode.FAILED, index + " is not in quarantine");
    }
    return one(found, "with --server");
  }

  private static QuarantinePlace one(List<QuarantinePlace> found, String how)
      throws CommandFailedException {
    if (found.size() > 1) {
      throw new CommandFailedException(
          ExitCode.USAGE,
          "there are several, name one "
              + how
              + ": "
              + String.join(", ", found.stream().map(QuarantinePlace::server).toList()));
    }
    return found.get(0);
  }

  /** What is there, whole or not, by index. */
  List<QuarantinedFile> files() throws IOException {
    return QuarantineFolder.files(folder);
  }

  /** The file of an index. */
  Optional<QuarantinedFile> file(SpoolIndex index) throws IOException {
    return files().stream()
        .filter(file -> file.index().filter(index::equals).isPresent())
        .findFirst();
  }

  private static String canonical(String server) throws CommandFailedException {
    return server.matches("[0-9a-f]{32}") ? server : ControlCall.canonical(server);
  }

  private static List<QuarantinePlace> all(DataFolder data) throws IOException {
    List<QuarantinePlace> all = new ArrayList<>();
    for (ServerFolder folder : data.listServers()) {
      all.add(new QuarantinePlace(uri(folder), folder.quarantine(), false));
    }
    if (Files.isDirectory(data.quarantine())) {
      try (Stream<Path> kept = Files.list(data.quarantine())) {
        kept.filter(Files::isDirectory)
            .sorted()
            .map(path -> new QuarantinePlace(String.valueOf(path.getFileName()), path, true))
            .forEach(all::add);
      }
    }
    return all;
  }

  private static String uri(ServerFolder folder) {
    try {
      ListenUri uri = ServerFile.read(folder).listenUri();
      return uri.toString();
    } catch (IOException | IllegalArgumentException e) {
      return folder.name();
    }
  }
}
