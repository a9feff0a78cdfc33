package io.duckspool.deploy.targets;

import io.duckspool.common.fault.CrashPoint;
import io.duckspool.deploy.harness.IcebergView;
import io.duckspool.deploy.harness.LakeView;
import io.duckspool.deploy.harness.ParquetView;
import io.duckspool.writer.servers.IcebergRig;
import io.duckspool.writer.servers.PostgresServer;
import io.duckspool.writer.servers.S3Server;
import java.nio.file.Path;
import java.util.List;

/** Where the rows of a test go. */
enum TestTarget {
  DUCKDB_FILE {
    @Override
    RunningTarget start(Path folder) {
      return RunningTarget.defaultDatabase();
    }
  },
  /** Metadata in a DuckDB file, data in a folder. */
  LAKE {
    @Override
    RunningTarget start(Path folder) {
      return RunningTarget.of(
              LakeView.onDuckDb(folder.resolve("lake.ducklake"), folder.resolve("files")))
          .checkedBy(LakeCheck::assertOneSnapshotAndOneFileEach);
    }
  },
  LAKE_ON_SQLITE {
    @Override
    RunningTarget start(Path folder) {
      return RunningTarget.of(
              LakeView.onSqlite(folder.resolve("lake.sqlite"), folder.resolve("files")))
          .checkedBy(LakeCheck::assertOneSnapshotAndOneFileEach);
    }
  },
  LAKE_ON_POSTGRES_AND_S3 {
    @Override
    RunningTarget start(Path folder) throws Exception {
      PostgresServer metadata = PostgresServer.start();
      metadata.createDatabase("lake");
      S3Server store = store(folder);
      return RunningTarget.of(
              LakeView.onPostgresAndS3(metadata, "lake", store, "s3://" + BUCKET + "/lake"))
          .checkedBy(LakeCheck::assertOneSnapshotAndOneFileEach)
          .with(metadata, store);
    }
  },
  ICEBERG_ON_S3 {
    @Override
    RunningTarget start(Path folder) throws Exception {
      IcebergRig servers = IcebergRig.start(folder);
      String schema = servers.newSchema();
      IcebergView view = new IcebergView(servers, schema);
      return RunningTarget.of(view)
          .checkedBy(
              stored -> IcebergCheck.assertOneSnapshotForSealAndTable(stored, view.qualifier()))
          .readBackBy(new IcebergReadBack(servers, schema))
          .with(servers);
    }
  },
  PARQUET {
    @Override
    RunningTarget start(Path folder) {
      Path root = folder.resolve("files");
      return RunningTarget.of(ParquetView.in(root))
          .checkedBy(
              stored -> ParquetCheck.assertOneFileForSealTableAndDay(stored, root.toString()))
          .readBackBy(ParquetReadBack.in(root));
    }
  },
  PARQUET_ON_S3 {
    @Override
    RunningTarget start(Path folder) throws Exception {
      S3Server store = store(folder);
      String root = BUCKET + "/files";
      return RunningTarget.of(ParquetView.in(store, "s3://" + root))
          .checkedBy(stored -> ParquetCheck.assertOneFileForSealTableAndDay(stored, "s3://" + root))
          .readBackBy(ParquetReadBack.in(store, root))
          .with(store);
    }
  };

  private static final String BUCKET = "otlp";

  /** The points of a seal between which its rows and its ledger might come apart. */
  List<CrashPoint> sealPoints() {
    return switch (this) {
      case DUCKDB_FILE, LAKE, LAKE_ON_SQLITE, LAKE_ON_POSTGRES_AND_S3 ->
          List.of(
              CrashPoint.SEAL_TABLE_INSERTED,
              CrashPoint.SEAL_BEFORE_COMMIT,
              CrashPoint.SEAL_COMMITTED);
      case ICEBERG_ON_S3 ->
          List.of(
              CrashPoint.ICEBERG_TABLE_INSERTED,
              CrashPoint.ICEBERG_BEFORE_COMMIT,
              CrashPoint.ICEBERG_COMMITTED);
      case PARQUET, PARQUET_ON_S3 ->
          List.of(
              CrashPoint.EXPORT_FILE_PLACED,
              CrashPoint.EXPORT_SYNCED,
              CrashPoint.EXPORT_LEDGER_MOVED);
    };
  }

  /**
   * Starts the servers that it needs.
   *
   * @param folder for their files
   */
  abstract RunningTarget start(Path folder) throws Exception;

  private static S3Server store(Path folder) throws Exception {
    S3Server store = S3Server.start(folder.resolve("s3"));
    store.createBucket(BUCKET);
    return store;
  }
}
