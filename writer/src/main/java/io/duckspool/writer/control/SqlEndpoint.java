package io.duckspool.writer.control;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.writer.sink.QueryException;
import io.duckspool.writer.sink.SqlRunner;
import io.javalin.http.Context;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Read-only statements over HTTP. */
final class SqlEndpoint {

  /** Rows and bytes of one answer, and its time: guesses that keep a typo from running for ever. */
  private static final SqlRunner.Limits LIMITS =
      new SqlRunner.Limits(10_000_000, 4L << 30, 600_000);

  private static final String RETRY_AFTER_SECONDS = "1";

  private static final Logger LOG = LoggerFactory.getLogger(SqlEndpoint.class);

  private final SqlRunner sql;
  private final SqlRunner.Limits limits;

  SqlEndpoint(SqlRunner sql) {
    this(sql, LIMITS);
  }

  SqlEndpoint(SqlRunner sql, SqlRunner.Limits limits) {
    this.sql = sql;
    this.limits = limits;
  }

  List<Route> routes() {
    return List.of(Route.post(AdminApi.SQL, this::run));
  }

  private void run(Context context) throws RefusedException, IOException {
    AdminApi.Sql request = Json.body(context, AdminApi.Sql.class);
    SqlRunner.Format format = format(request);
    ClientWatch client = ClientWatch.of(context);
    context.contentType(contentType(format));
    try {
      long unused = sql.run(request.sql(), format, limits, context.outputStream(), client);
    } catch (QueryException e) {
      if (context.res().isCommitted()) {
        LOG.info("a query failed half way, its connection is closed: {}", e.reason());
        client.abort();
        return;
      }
      context.res().reset();
      if (e.isTransient()) {
        context.header("Retry-After", RETRY_AFTER_SECONDS);
        throw RefusedException.unavailable(e.reason());
      }
      throw RefusedException.badRequest(e.reason());
    } catch (IOException e) {
      LOG.info("the client of a query is gone", e);
      client.abort();
    }
  }

  private static SqlRunner.Format format(AdminApi.Sql request) throws RefusedException {
    String name = Optional.ofNullable(request.format()).orElse("json");
    return switch (name) {
      case "json" -> SqlRunner.Format.JSON;
      case "csv" -> SqlRunner.Format.CSV;
      case "arrow" -> SqlRunner.Format.ARROW;
      default ->
          throw RefusedException.badRequest("format must be json, csv or arrow, got " + name);
    };
  }

  private static String contentType(SqlRunner.Format format) {
    return switch (format) {
      case JSON -> "application/json";
      case CSV -> "text/csv; charset=utf-8";
      case ARROW -> "application/vnd.apache.arrow.stream";
    };
  }
}
