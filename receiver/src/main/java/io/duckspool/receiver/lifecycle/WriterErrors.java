package io.duckspool.receiver.lifecycle;

import io.duckspool.common.admin.AdminException;
import io.duckspool.common.config.HostPort;
import io.duckspool.receiver.ingest.ExportError;
import java.io.IOException;
import java.net.ConnectException;

/** What a caller is told when the writer, asked on its behalf, fails. Pure functions. */
final class WriterErrors {

  private static final int BAD_REQUEST = 400;
  private static final int CONFLICT = 409;

  private WriterErrors() {}

  /** Whether the writer said no, for good: asked again it says the same. */
  static boolean isRefusal(AdminException e) {
    return e.status() == BAD_REQUEST || e.status() == CONFLICT;
  }

  /** Its refusal is passed on; anything else is a writer that can't do what is needed of it. */
  static ExportError of(AdminException e) {
    String message = String.valueOf(e.getMessage());
    return switch (e.status()) {
      case BAD_REQUEST -> ExportError.of(ExportError.Kind.BAD_REQUEST, message);
      case CONFLICT -> ExportError.of(ExportError.Kind.CONFLICT, message);
      default -> ExportError.unavailable("the writer: " + message);
    };
  }

  /** It doesn't answer. */
  static ExportError away(HostPort address, IOException e) {
    String why = e instanceof ConnectException ? "" : ": " + e.getMessage();
    return ExportError.unavailable("the writer doesn't answer on " + address + why);
  }
}
