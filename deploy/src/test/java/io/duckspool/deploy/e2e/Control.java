package io.duckspool.deploy.e2e;

import com.fasterxml.jackson.databind.JavaType;
import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.AdminClient;
import io.duckspool.common.admin.AdminException;
import io.duckspool.common.admin.AdminJson;
import io.duckspool.deploy.harness.Rig;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The lifecycle calls of a rig's two processes, as an operator makes them. Blocks. */
final class Control {

  private final AdminClient receiver;
  private final AdminClient writer;

  Control(Rig rig) {
    this.receiver = rig.receiverControl();
    this.writer = rig.writerControl();
  }

  AdminApi.Served serve(Map<String, Object> parameters)
      throws IOException, AdminException, InterruptedException {
    return post(receiver, AdminApi.SERVE, parameters, AdminApi.Served.class);
  }

  AdminApi.Flushed flush(String uri) throws IOException, AdminException, InterruptedException {
    return post(receiver, AdminApi.FLUSH, new AdminApi.Flush(uri, null), AdminApi.Flushed.class);
  }

  AdminApi.Stopped stop(String uri, @Nullable Long timeoutMs)
      throws IOException, AdminException, InterruptedException {
    return post(receiver, AdminApi.STOP, new AdminApi.Stop(uri, timeoutMs), AdminApi.Stopped.class);
  }

  List<AdminApi.ServerRow> servers() throws IOException, AdminException, InterruptedException {
    return list(receiver, AdminApi.SERVER_LIST, AdminApi.ServerRow.class);
  }

  Optional<AdminApi.ServerRow> server(String uri)
      throws IOException, AdminException, InterruptedException {
    return servers().stream().filter(row -> row.listenUri().equals(uri)).findFirst();
  }

  List<AdminApi.SealRow> seals() throws IOException, AdminException, InterruptedException {
    return list(receiver, AdminApi.SEAL_LIST, AdminApi.SealRow.class);
  }

  AdminApi.PipelineAt pause(String uri) throws IOException, AdminException, InterruptedException {
    return post(writer, AdminApi.PAUSE, new AdminApi.ServerUri(uri), AdminApi.PipelineAt.class);
  }

  AdminApi.PipelineAt resume(String uri) throws IOException, AdminException, InterruptedException {
    return post(writer, AdminApi.RESUME, new AdminApi.ServerUri(uri), AdminApi.PipelineAt.class);
  }

  AdminApi.Replayed replay(String uri, String schema)
      throws IOException, AdminException, InterruptedException {
    return post(
        writer,
        AdminApi.REPLAY,
        new AdminApi.Replay(uri, null, schema, null),
        AdminApi.Replayed.class);
  }

  AdminApi.Discarded discard(String uri) throws IOException, AdminException, InterruptedException {
    return post(writer, AdminApi.DISCARD, new AdminApi.ServerUri(uri), AdminApi.Discarded.class);
  }

  private static <T> T post(AdminClient client, String path, Object body, Class<T> type)
      throws IOException, AdminException, InterruptedException {
    return AdminJson.MAPPER.readValue(client.post(path, body, Rig.LIMIT), type);
  }

  private static <T> List<T> list(AdminClient client, String path, Class<T> rowType)
      throws IOException, AdminException, InterruptedException {
    JavaType type = AdminJson.MAPPER.getTypeFactory().constructCollectionType(List.class, rowType);
    return AdminJson.MAPPER.readValue(client.get(path, Rig.LIMIT), type);
  }
}
