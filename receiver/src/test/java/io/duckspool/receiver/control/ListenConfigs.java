package io.duckspool.receiver.control;

import io.duckspool.common.admin.ListenUri;
import io.duckspool.common.config.ServerConfig;

/** Configurations that differ in where they listen. */
final class ListenConfigs {

  private ListenConfigs() {}

  static ServerConfig at(ServerConfig config, ListenUri uri) {
    return new ServerConfig(
        uri.toString(),
        config.catalog(),
        config.schema(),
        config.token(),
        config.disableAuth(),
        config.parquetExportPath(),
        config.createTables(),
        config.allowOtherHostname(),
        config.maxBodyBytes(),
        config.httpThreads(),
        config.maxBufferedBytes(),
        config.sealTargetBytes(),
        config.sealMaxAge(),
        config.targetFileSize(),
        config.maintenanceRetention(),
        config.promoteResourceAttributes(),
        config.promoteScopeAttributes(),
        config.responseMode());
  }
}
