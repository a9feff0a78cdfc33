package io.duckspool.writer.sink;

import io.duckspool.writer.sink.store.FolderStore;
import io.duckspool.writer.sink.store.ObjectStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The contract, kept by Parquet files in a folder. */
final class ParquetFolderTest extends ParquetContract {

  private Path path() {
    return folder.resolve("it's a root");
  }

  @Override
  String root() {
    return path().toString();
  }

  @Override
  ObjectStore store() {
    return new FolderStore(path(), ParquetLayout.FOLDER, steps.io());
  }

  @Override
  List<String> names() throws Exception {
    if (!Files.isDirectory(path())) {
      return List.of();
    }
    try (Stream<Path> all = Files.walk(path())) {
      return all.filter(Files::isRegularFile)
          .map(file -> path().relativize(file).toString())
          .sorted()
          .toList();
    }
  }

  @Override
  DuckDbSettings settings() {
    return DuckDbRows.settings(folder);
  }
}
