package io.duckspool.writer.control;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.writer.sink.QueryException;
import io.duckspool.writer.sink.SqlRunner;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Optional;

/** Read-only statements over HTTP. */
final class SqlEndpoint {

  /** Rows of one answer, and its time: guesses that keep a typo from running for ever. */
  private static final SqlRunner.Limits LIMITS = new SqlRunner.Limits(10_000_000, 600_000);

  private final SqlRunner sql;

  SqlEndpoint(SqlRunner sql) {
    this.sql = sql;
  }

  List<Route> routes() {
    return List.of(Route.post(AdminApi.SQL, this::run));
  }

  private void run(Context context) throws RefusedException, IOException {
    AdminApi.Sql request = Json.body(context, AdminApi.Sql.class);
    String name = Optional.ofNullable(request.format()).orElse("json");
    SqlRunner.Format format =
        switch (name) {
          case "json" -> SqlRunner.Format.JSON;
          case "csv" -> SqlRunner.Format.CSV;
          default -> throw RefusedException.badRequest("format must be json or csv, got " + name);
        };
    context.contentType(
        format == SqlRunner.Format.JSON ? "application/json" : "text/csv; charset=utf-8");
    OutputStream out = context.outputStream();
    try {
      long unused = sql.run(request.sql(), format, LIMITS, out);
    } catch (QueryException e) {
      if (context.res().isCommitted()) {
        // Half an answer is out: only a broken connection tells that it isn't whole.
        throw new IOException("the query failed half way: " + e.reason(), e);
      }
      context.res().reset();
      throw RefusedException.badRequest(e.reason());
    }
  }
}
